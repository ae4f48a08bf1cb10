### Texts of the storefront.
