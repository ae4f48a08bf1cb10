//! What is wrong with a file of products: where, what, and what to do about it.

use super::Column;

/// The most mistakes that are named; the rest is counted.
pub const MOST_SHOWN: usize = 20;
/// The most rows that are named as left out of another shop's export.
pub const MOST_LEFT_OUT: usize = 60;

/// One mistake. Rows are counted as a spreadsheet counts them: the column names are row 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The row; `None` for a mistake of the file as a whole.
    pub row: Option<u64>,
    /// The line of the file in which the row begins, where that is known: cells may have line breaks.
    pub line: Option<u64>,
    /// The column, as the file calls it; `None` for a mistake of the whole row.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong. [`Problem::key`] names the text that says it, with its cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Larger than [`super::MOST_BYTES`].
    FileTooLarge,
    /// More than [`super::MOST_ROWS`] rows.
    TooManyRows,
    /// A column name but no rows, or nothing at all.
    NoRows,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// More cells than there are columns.
    TooManyCells,
    /// A column that every file needs is not there.
    ColumnMissing,
    /// Two columns with one name.
    ColumnTwice,
    /// An empty cell that must not be.
    Empty,
    /// Too many characters.
    TooLong {
        /// The most that is taken.
        max: usize,
    },
    /// Control characters or direction overrides.
    Control,
    /// Not a handle.
    Handle,
    /// The rows of this handle do not stand together.
    HandleApart {
        /// Where the handle stood before.
        row: u64,
    },
    /// A product's cell on a later row says something else than the first row.
    DiffersFromFirst {
        /// The product's first row.
        row: u64,
    },
    /// More than [`super::MOST_VARIANTS`] rows with one handle.
    TooManyVariants,
    /// A value without the option's name.
    OptionWithoutName,
    /// A second option without a first.
    OptionSecondOnly,
    /// Two variants of one product with the same option values.
    OptionsTwice {
        /// Where the values stood before.
        row: u64,
    },
    /// A SKU that stands further up in the file.
    SkuTwice {
        /// Where it stood before.
        row: u64,
    },
    /// A SKU of another product in the shop.
    SkuTaken {
        /// The product's handle.
        handle: String,
    },
    /// Not an amount.
    Price {
        /// How many decimals the currency has.
        decimals: u32,
    },
    /// Zero, or more than a gateway charges at once.
    PriceOutOfRange,
    /// A former price that is not higher than the price.
    CompareNotHigher,
    /// Not a whole number from 0 to [`super::MOST_COUNTED`].
    Number,
    /// Not the name of a picture file.
    PictureName,
    /// An address instead of a name.
    PictureAddress,
    /// A picture that is neither in the shop nor came with the file.
    PictureMissing {
        /// Its name.
        name: String,
    },
    /// A picture without words for those who do not see it.
    AltMissing,
    /// Neither `active` nor `draft`.
    Status,
    /// More than the shop holds.
    TooManyProducts,
    /// A quotation mark that is never closed.
    QuoteOpen,
    /// A third option, or one more.
    TooManyOptions,
    /// Products that are sold one by one elsewhere.
    Grouped,
    /// Sold by somebody else.
    External,
    /// Nothing that is delivered.
    NotShipped,
    /// A gift card.
    GiftCard,
    /// A kind of product that an extension of the other shop made.
    ProductType {
        /// What it is called there.
        kind: String,
    },
    /// A variation of a product that is not in the file.
    ParentMissing {
        /// What it calls the product.
        parent: String,
    },
    /// The row's product was left out.
    ProductLeftOut {
        /// The product's first row.
        row: u64,
    },
    /// No variant of the product can be used.
    NoVariants,
    /// A variant that is switched off.
    VariantOff,
    /// No handle can be made of the name.
    NoHandle,
    /// A handle made of the name that another product in the shop has.
    HandleTaken {
        /// The handle.
        handle: String,
    },
    /// Not a weight.
    Weight,
}

impl Problem {
    /// The Fluent key of the text.
    pub fn key(&self) -> &'static str {
        match self {
            Self::FileTooLarge => "import-file-too-large",
            Self::TooManyRows => "import-too-many-rows",
            Self::NoRows => "import-no-rows",
            Self::NotUtf8 => "import-not-utf8",
            Self::TooManyCells => "import-too-many-cells",
            Self::ColumnMissing => "import-column-missing",
            Self::ColumnTwice => "import-column-twice",
            Self::Empty => "import-empty",
            Self::TooLong { .. } => "import-too-long",
            Self::Control => "import-control",
            Self::Handle => "import-handle",
            Self::HandleApart { .. } => "import-handle-apart",
            Self::DiffersFromFirst { .. } => "import-differs",
            Self::TooManyVariants => "import-too-many-variants",
            Self::OptionWithoutName => "import-option-without-name",
            Self::OptionSecondOnly => "import-option-second-only",
            Self::OptionsTwice { .. } => "import-options-twice",
            Self::SkuTwice { .. } => "import-sku-twice",
            Self::SkuTaken { .. } => "import-sku-taken",
            Self::Price { .. } => "import-price",
            Self::PriceOutOfRange => "import-price-range",
            Self::CompareNotHigher => "import-compare",
            Self::Number => "import-number",
            Self::PictureName => "import-picture-name",
            Self::PictureAddress => "import-picture-address",
            Self::PictureMissing { .. } => "import-picture-missing",
            Self::AltMissing => "import-alt-missing",
            Self::Status => "import-status",
            Self::TooManyProducts => "import-too-many-products",
            Self::QuoteOpen => "import-quote-open",
            Self::TooManyOptions => "import-too-many-options",
            Self::Grouped => "import-grouped",
            Self::External => "import-external",
            Self::NotShipped => "import-not-shipped",
            Self::GiftCard => "import-gift-card",
            Self::ProductType { .. } => "import-product-type",
            Self::ParentMissing { .. } => "import-parent-missing",
            Self::ProductLeftOut { .. } => "import-product-left-out",
            Self::NoVariants => "import-no-variants",
            Self::VariantOff => "import-variant-off",
            Self::NoHandle => "import-no-handle",
            Self::HandleTaken { .. } => "import-handle-taken",
            Self::Weight => "import-weight",
        }
    }

    /// The values that the text names.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TooLong { max } => vec![("max", max.to_string())],
            Self::HandleApart { row }
            | Self::DiffersFromFirst { row }
            | Self::OptionsTwice { row }
            | Self::ProductLeftOut { row }
            | Self::SkuTwice { row } => vec![("row", row.to_string())],
            Self::ProductType { kind } => vec![("kind", kind.clone())],
            Self::ParentMissing { parent } => vec![("parent", parent.clone())],
            Self::SkuTaken { handle } | Self::HandleTaken { handle } => vec![("handle", handle.clone())],
            Self::Price { decimals } => vec![("decimals", decimals.to_string())],
            Self::PictureMissing { name } => vec![("name", name.clone())],
            _ => Vec::new(),
        }
    }
}

/// Every mistake of a file: the first of them, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    shown: Vec<Mistake>,
    count: usize,
    most: usize,
}

impl Default for Mistakes {
    /// Names [`MOST_SHOWN`]: a file that must be without mistakes is corrected and sent again.
    fn default() -> Self {
        Self { shown: Vec::new(), count: 0, most: MOST_SHOWN }
    }
}

impl Mistakes {
    /// Names [`MOST_LEFT_OUT`]: for rows that are left out of a file that is taken.
    pub fn long() -> Self {
        Self { most: MOST_LEFT_OUT, ..Self::default() }
    }

    /// The mistakes that are named.
    pub fn shown(&self) -> &[Mistake] {
        &self.shown
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many are not named.
    pub fn rest(&self) -> usize {
        self.count.saturating_sub(self.shown.len())
    }

    /// Whether the file is good.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Notes a mistake of a cell.
    pub fn cell(&mut self, row: u64, column: Column, problem: Problem) {
        self.add(Some(row), Some(column.name()), problem);
    }

    /// Notes a mistake of a row whose line is known.
    pub fn row(&mut self, row: u64, line: u64, column: Option<&'static str>, problem: Problem) {
        self.push(Mistake { row: Some(row), line: Some(line), column, problem });
    }

    /// Notes a mistake of a row, or of the whole file.
    pub fn add(&mut self, row: Option<u64>, column: Option<&'static str>, problem: Problem) {
        self.push(Mistake { row, line: None, column, problem });
    }

    fn push(&mut self, mistake: Mistake) {
        self.count = self.count.saturating_add(1);
        if self.shown.len() < self.most {
            self.shown.push(mistake);
        }
    }

    /// Puts those that are named in the order of the rows.
    pub fn sort(&mut self) {
        self.shown.sort_by_key(|mistake| mistake.row);
    }

    /// `good` if nothing is wrong.
    pub fn or<T>(self, good: T) -> Result<T, Self> {
        if self.is_empty() { Ok(good) } else { Err(self) }
    }
}
