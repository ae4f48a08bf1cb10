//! A shop that runs, and a gateway's double that it is pointed at.

use super::double::Double;
use super::harness::{Admin, Shop, people};

/// A shop whose cards go to the double.
pub struct Stage {
    pub shop: Shop,
    pub admin: Admin,
    pub double: Double,
    // Last: a folder goes after who works in it.
    _folder: tempfile::TempDir,
}

impl Stage {
    pub async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let double = Double::stripe().await;
        let file = people::appliance(folder.path(), double.root_pem(), &double.endpoint());
        let shop = Shop::start_with(folder.path(), &["--appliance", &file]);
        let mut admin = Admin::set_up(&shop).await;
        admin.use_stripe("sk_test_double").await;
        Self { shop, admin, double, _folder: folder }
    }

    /// Links of all orders, as the console lists them.
    pub async fn orders(&mut self) -> Vec<String> {
        self.admin.orders().await.links("/orders/")
    }
}
