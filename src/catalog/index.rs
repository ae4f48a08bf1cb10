//! The catalog in memory: what every page of the storefront is made from. Made anew after a change.

use std::collections::BTreeMap;

use super::{PRODUCTS, Product, Status, Variant};
use crate::store::{Reads, Span, StoreError};

/// The most products of one shop in this version.
pub const MOST_PRODUCTS: usize = 10_000;

/// All products as of one commit, sorted by title, with the ways to find one.
#[derive(Debug, Default)]
pub struct Catalog {
    products: Vec<Product>,
    by_handle: BTreeMap<String, usize>,
    by_sku: BTreeMap<String, (usize, usize)>,
}

impl Catalog {
    /// Reads the catalog from the store.
    pub fn load(view: &impl Reads) -> Result<Self, StoreError> {
        let rows = view.scan(&PRODUCTS, &Span::all(MOST_PRODUCTS))?;
        Ok(Self::new(rows.into_iter().map(|(_, product)| product).collect()))
    }

    /// The catalog of these products.
    pub fn new(mut products: Vec<Product>) -> Self {
        products.sort_by(|a, b| a.title.cmp(&b.title).then_with(|| a.handle.cmp(&b.handle)));
        let mut by_handle = BTreeMap::new();
        let mut by_sku = BTreeMap::new();
        for (place, product) in products.iter().enumerate() {
            by_handle.insert(product.handle.to_string(), place);
            for (variant_place, variant) in product.variants.iter().enumerate() {
                by_sku.insert(variant.sku.to_string(), (place, variant_place));
            }
        }
        Self { products, by_handle, by_sku }
    }

    /// Every product, drafts too, by title.
    pub fn all(&self) -> &[Product] {
        &self.products
    }

    /// Those that shoppers see, by title.
    pub fn active(&self) -> impl Iterator<Item = &Product> {
        self.products.iter().filter(|product| product.status == Status::Active)
    }

    /// The product with this handle, drafts too.
    pub fn product(&self, handle: &str) -> Option<&Product> {
        self.products.get(*self.by_handle.get(handle)?)
    }

    /// The variant with this SKU and its product, drafts too.
    pub fn variant(&self, sku: &str) -> Option<(&Product, &Variant)> {
        let (place, variant) = *self.by_sku.get(sku)?;
        let product = self.products.get(place)?;
        Some((product, product.variants.get(variant)?))
    }

    /// Names of the categories that have active products, with how many, sorted.
    pub fn categories(&self) -> BTreeMap<&str, usize> {
        let mut categories = BTreeMap::new();
        for product in self.active() {
            let count: &mut usize = categories.entry(product.category.as_str()).or_default();
            *count = count.saturating_add(1);
        }
        categories
    }

    /// The name of the category whose part of an address is `slug`, if it has active products.
    pub fn category(&self, slug: &str) -> Option<&str> {
        self.categories().into_keys().find(|name| category_slug(name) == slug)
    }

    /// Active products of the category called `name`, by title.
    pub fn within<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Product> {
        self.active().filter(move |product| product.category.as_str() == name)
    }

    /// Active products whose titles hold every word of `query` (the first eight), whatever the case.
    pub fn search<'a>(&'a self, query: &str) -> impl Iterator<Item = &'a Product> {
        let words: Vec<String> = query.to_lowercase().split_whitespace().take(8).map(str::to_owned).collect();
        self.active().filter(move |product| {
            let title = product.title.as_str().to_lowercase();
            !words.is_empty() && words.iter().all(|word| title.contains(word.as_str()))
        })
    }
}

/// A category's part of an address: letters and digits in lower case, everything else a hyphen.
pub fn category_slug(name: &str) -> String {
    let letters = name.chars().flat_map(char::to_lowercase);
    let spaced: String = letters.map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_has_an_address_that_people_can_read() {
        assert_eq!(category_slug("Home & Kitchen"), "home-kitchen");
        assert_eq!(category_slug(" Gläser / Öfen "), "gläser-öfen");
    }
}
