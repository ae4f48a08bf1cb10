//! A shop that runs, and a gateway's double that it is pointed at.

use std::path::Path;

use super::double::Double;
use super::harness::{Admin, Shop, people};

/// The file that points a development machine at a server that stands in for Stripe.
pub fn appliance(folder: &Path, endpoint: &str, root_pem: &str) -> String {
    let file = folder.join("appliance.toml");
    let text = format!(
        r#"version = 1
hostname = "edge-test"
[network]
dhcp = true
[access]
admin_ranges = [{{ cidr = "127.0.0.1/32", name = "this machine" }}]
[shop]
name = "Meadow & Mill"
demo = true
[administrator]
name = "Ada Osei"
email = "{}"
[dev]
gateway_root = """
{root_pem}"""
stripe_endpoint = "{endpoint}"
"#,
        people::EMAIL,
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

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
        let file = appliance(folder.path(), &double.endpoint(), double.root_pem());
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
