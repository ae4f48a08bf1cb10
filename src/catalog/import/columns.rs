//! The columns of the file: which are known, which must be there, and where each stands.

use csv::StringRecord;

use super::{Mistakes, Problem};

/// A column that the import reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The product's name in addresses; rows with one handle are one product.
    Handle,
    /// What shoppers read first.
    Title,
    /// The description: plain text.
    Body,
    /// The category.
    Category,
    /// What the first option is called.
    Option1Name,
    /// The variant's value of it.
    Option1Value,
    /// What the second option is called.
    Option2Name,
    /// The variant's value of it.
    Option2Value,
    /// Stock-keeping unit.
    Sku,
    /// The price.
    Price,
    /// The former price.
    CompareAt,
    /// How many there are.
    Quantity,
    /// Weight.
    Grams,
    /// The picture's file name.
    Image,
    /// What the picture shows.
    Alt,
    /// `active` or `draft`.
    Status,
}

impl Column {
    /// Every column, in the order of the export.
    pub const ALL: [Self; 16] = [
        Self::Handle,
        Self::Title,
        Self::Body,
        Self::Category,
        Self::Option1Name,
        Self::Option1Value,
        Self::Option2Name,
        Self::Option2Value,
        Self::Sku,
        Self::Price,
        Self::CompareAt,
        Self::Quantity,
        Self::Grams,
        Self::Image,
        Self::Alt,
        Self::Status,
    ];

    /// Without these there is no product.
    pub const NEEDED: [Self; 5] = [Self::Handle, Self::Title, Self::Category, Self::Sku, Self::Price];

    /// What the file calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Handle => "Handle",
            Self::Title => "Title",
            Self::Body => "Body",
            Self::Category => "Category",
            Self::Option1Name => "Option1 Name",
            Self::Option1Value => "Option1 Value",
            Self::Option2Name => "Option2 Name",
            Self::Option2Value => "Option2 Value",
            Self::Sku => "Variant SKU",
            Self::Price => "Variant Price",
            Self::CompareAt => "Variant Compare At Price",
            Self::Quantity => "Variant Inventory Qty",
            Self::Grams => "Variant Grams",
            Self::Image => "Image Src",
            Self::Alt => "Image Alt Text",
            Self::Status => "Status",
        }
    }
}

/// Where the columns of one file stand.
pub(super) struct Columns {
    places: Vec<(Column, usize)>,
    width: usize,
    pub(super) ignored: Vec<String>,
}

impl Columns {
    /// Finds the columns by their names, in either case and any order. One that is not known is
    /// ignored and named, so that an export of another shop can be taken as it is.
    pub(super) fn find(header: &StringRecord, mistakes: &mut Mistakes) -> Self {
        let mut found = Self { places: Vec::new(), width: header.len(), ignored: Vec::new() };
        for (place, name) in header.iter().enumerate() {
            let name = name.trim();
            match Column::ALL.into_iter().find(|column| column.name().eq_ignore_ascii_case(name)) {
                Some(column) if found.place(column).is_some() => {
                    mistakes.cell(1, column, Problem::ColumnTwice);
                }
                Some(column) => found.places.push((column, place)),
                None if name.is_empty() => {}
                None => found.ignored.push(name.chars().take(60).collect()),
            }
        }
        for column in Column::NEEDED {
            if found.place(column).is_none() {
                mistakes.cell(1, column, Problem::ColumnMissing);
            }
        }
        found
    }

    fn place(&self, column: Column) -> Option<usize> {
        self.places.iter().find(|(known, _)| *known == column).map(|(_, place)| *place)
    }

    /// The cell, trimmed; empty if the row is short or the file has no such column.
    pub(super) fn cell<'a>(&self, record: &'a StringRecord, column: Column) -> &'a str {
        self.place(column).and_then(|place| record.get(place)).unwrap_or_default().trim()
    }

    /// Whether something stands to the right of the last column.
    pub(super) fn overflows(&self, record: &StringRecord) -> bool {
        record.iter().skip(self.width).any(|cell| !cell.trim().is_empty())
    }
}
