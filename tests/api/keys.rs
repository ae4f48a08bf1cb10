//! What the TPM keeps: the store's file alone is worth nothing.

use super::harness::{Browser, Shop};

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test]
async fn a_shop_goes_on_where_it_stopped_with_the_same_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let first = shop.fingerprint().to_owned();
    shop.stop();
    let shop = Shop::start(folder.path());
    assert_eq!(shop.fingerprint(), first);
}

#[tokio::test]
async fn the_store_on_another_tpm_yields_nothing_and_is_kept() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shop = Shop::start(here.path());
    let fingerprint = shop.fingerprint().to_owned();
    Browser::new(shop.storefront()).get("/").await;
    shop.stop();
    // The thief has all of the disk, and a TPM of another machine.
    copy(&here.path().join("store"), &there.path().join("store"));
    std::fs::copy(here.path().join("approval-key.pem"), there.path().join("approval-key.pem")).unwrap();
    let said = Shop::try_start(there.path(), &[]).err().unwrap();
    assert!(said.contains("another machine's TPM") && said.contains("kept as it is"), "{said}");
    let file = std::fs::read(there.path().join("store/shop.redb")).unwrap();
    for secret in ["BEGIN PRIVATE KEY", "tls-identities\":", "Meadow"] {
        let found = file.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} can be read in the file");
    }
    // Nothing was lost by trying: brought back home, the same file opens as the same shop.
    std::fs::copy(there.path().join("store/shop.redb"), here.path().join("store/shop.redb")).unwrap();
    assert_eq!(Shop::start(here.path()).fingerprint(), fingerprint);
}
