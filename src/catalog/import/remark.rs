//! What an import of another shop's export tells about rows that went in: where it had to choose.

use std::collections::{BTreeMap, BTreeSet};

/// Why a row that went in is worth a look. [`Remark::key`] names the text that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// The file does not say how many there are.
    StockUnsaid,
    /// The other shop did not count this variant; the number in the file was taken.
    StockUntracked,
    /// The number belongs to several variants together.
    StockShared,
    /// Fewer than none: sold before it was there. Taken as none.
    StockNegative,
    /// No SKU: one was made.
    SkuMade,
    /// One row stood for every value of an option: it became a variant for each.
    Spread,
    /// No category.
    CategoryMade,
    /// More categories than the one that was taken.
    MoreCategories,
    /// The handle had characters that ours cannot have.
    HandleChanged,
    /// The description was cut.
    BodyCut,
    /// Hidden there, though on sale: a draft here.
    Hidden,
    /// A sale that begins or ends on a day.
    SaleDated,
    /// A tax setting of its own.
    OwnTax,
    /// A variant that was in the shop stays as it was, since its row was left out.
    VariantKept,
}

impl Remark {
    /// Every remark, in the order in which they are told.
    pub const ALL: [Self; 14] = [
        Self::StockUnsaid,
        Self::StockUntracked,
        Self::StockShared,
        Self::StockNegative,
        Self::SkuMade,
        Self::Spread,
        Self::CategoryMade,
        Self::MoreCategories,
        Self::HandleChanged,
        Self::BodyCut,
        Self::Hidden,
        Self::SaleDated,
        Self::OwnTax,
        Self::VariantKept,
    ];

    /// The Fluent key of the text.
    pub fn key(self) -> &'static str {
        match self {
            Self::StockUnsaid => "import-remark-stock-unsaid",
            Self::StockUntracked => "import-remark-stock-untracked",
            Self::StockShared => "import-remark-stock-shared",
            Self::StockNegative => "import-remark-stock-negative",
            Self::SkuMade => "import-remark-sku-made",
            Self::Spread => "import-remark-spread",
            Self::CategoryMade => "import-remark-category-made",
            Self::MoreCategories => "import-remark-more-categories",
            Self::HandleChanged => "import-remark-handle-changed",
            Self::BodyCut => "import-remark-body-cut",
            Self::Hidden => "import-remark-hidden",
            Self::SaleDated => "import-remark-sale-dated",
            Self::OwnTax => "import-remark-own-tax",
            Self::VariantKept => "import-remark-variant-kept",
        }
    }
}

/// Remarks, each with its rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remarks(BTreeMap<Remark, BTreeSet<u64>>);

impl Remarks {
    /// Notes one about a row; once is enough.
    pub fn add(&mut self, remark: Remark, row: u64) {
        self.0.entry(remark).or_default().insert(row);
    }

    /// The rows that a remark is about, in the order of the file.
    pub fn rows(&self, remark: Remark) -> Vec<u64> {
        self.0.get(&remark).into_iter().flatten().copied().collect()
    }

    /// Each remark that there is.
    pub fn all(&self) -> impl Iterator<Item = Remark> {
        self.0.keys().copied()
    }

    /// Forgets what was said about rows that do not go in after all.
    pub fn keep(&mut self, goes_in: impl Fn(u64) -> bool) {
        for rows in self.0.values_mut() {
            rows.retain(|row| goes_in(*row));
        }
        self.0.retain(|_, rows| !rows.is_empty());
    }
}
