//! Gateways whose TLS is not what it should be: the shop sends them nothing of a card, charges nothing, tells
//! the shopper to try again, and takes the payment of the same order once the gateway is itself again.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::double::{Double, Presence, Stripe};
use super::harness::{Admin, Shop, Shopper, cards, people};

const CODE: &str = "951";
const HOLDER: &str = "Grace Hopper";
/// What a server says that has never heard of TLS.
const CLEAR: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// A listener that writes down every byte that comes, and then answers as it is told.
struct Tap {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    came: Arc<Mutex<usize>>,
}

/// What stands behind a tap.
#[derive(Clone, Copy)]
enum Behind {
    /// A server, to which all is passed on.
    Server(SocketAddr),
    /// Somebody who answers TLS with HTTP in clear.
    Clear,
    /// Somebody who accepts and says nothing.
    Nobody,
}

impl Tap {
    async fn start(behind: Behind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tap =
            Self { address: listener.local_addr().unwrap(), heard: Arc::default(), came: Arc::default() };
        let (heard, came) = (Arc::clone(&tap.heard), Arc::clone(&tap.came));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *came.lock().unwrap() += 1;
                tokio::spawn(serve(stream, behind, Arc::clone(&heard)));
            }
        });
        tap
    }

    fn heard(&self, text: &str) -> bool {
        self.heard.lock().unwrap().windows(text.len()).any(|window| window == text.as_bytes())
    }
}

async fn serve(stream: TcpStream, behind: Behind, heard: Arc<Mutex<Vec<u8>>>) {
    let (from_shop, mut to_shop) = stream.into_split();
    match behind {
        Behind::Server(address) => {
            let (mut from_server, to_server) = TcpStream::connect(address).await.unwrap().into_split();
            // However it ends: either side may hang up at any time.
            tokio::spawn(async move { drop(tokio::io::copy(&mut from_server, &mut to_shop).await) });
            listen(from_shop, heard, to_server, None).await;
        }
        Behind::Clear => listen(from_shop, heard, to_shop, Some(CLEAR)).await,
        // The way back stays open.
        Behind::Nobody => listen(from_shop, heard, to_shop, Some(b"")).await,
    }
}

/// Writes down what comes, and says `answer` to each piece of it, or that piece.
async fn listen(
    mut from: OwnedReadHalf,
    heard: Arc<Mutex<Vec<u8>>>,
    mut to: OwnedWriteHalf,
    answer: Option<&[u8]>,
) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        heard.lock().unwrap().extend_from_slice(&piece[..length]);
        if to.write_all(answer.unwrap_or(&piece[..length])).await.is_err() {
            return;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bad {
    Shown(Presence),
    UnknownRoot,
    Clear,
    Silent,
}

struct Case {
    folder: tempfile::TempDir,
    shop: Option<Shop>,
    shopper: Shopper,
}

impl Case {
    /// A shop that is set up for Stripe at `tap`, and a shopper before its payment page.
    async fn begin(tap: &Tap, root: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = start(&folder, tap, root);
        let mut admin = Admin::set_up(&shop).await;
        admin.use_stripe("sk_test_double").await;
        let mut shopper = Shopper::of(&shop);
        shopper.add("stoneware-mug").await;
        Self { folder, shop: Some(shop), shopper }
    }

    /// The same shop, later, with the gateway at another place.
    fn again(&mut self, tap: &Tap, root: &str) {
        self.shop.take().unwrap().stop();
        let shop = start(&self.folder, tap, root);
        self.shopper.browser.move_to(shop.storefront());
        self.shop = Some(shop);
    }

    async fn orders(&self) -> Vec<String> {
        Admin::of(self.shop.as_ref().unwrap()).await.orders().await.links("/orders/")
    }
}

fn start(folder: &tempfile::TempDir, tap: &Tap, root: &str) -> Shop {
    let file = people::appliance(folder.path(), root, &format!("https://{}", tap.address));
    Shop::start_with(folder.path(), &["--appliance", &file])
}

async fn meets(bad: Bad) {
    let number = cards::number(41);
    let (good, other) = (Double::stripe().await, Double::stripe().await);
    // Kept to the end: a double stops with its last handle.
    let mut shown = None;
    let (behind, root) = match bad {
        Bad::Shown(presence) => {
            let double = shown.insert(Double::serve(Stripe::default(), presence).await);
            (Behind::Server(double.address()), double.root_pem().to_owned())
        }
        Bad::UnknownRoot => (Behind::Server(good.address()), other.root_pem().to_owned()),
        Bad::Clear => (Behind::Clear, good.root_pem().to_owned()),
        Bad::Silent => (Behind::Nobody, good.root_pem().to_owned()),
    };
    let tap = Tap::start(behind).await;
    let mut case = Case::begin(&tap, &root).await;
    let page = case.shopper.reach_payment(HOLDER).await;
    let refused = case.shopper.pay(&page, &number, CODE).await;
    assert!(!people::is_paid(&refused), "{bad:?}: {}", refused.words());
    let told = refused.says("Please try again") && refused.says("You have not been charged");
    assert!(told, "{bad:?}: {}", refused.words());
    assert!(!refused.text().contains(&number));

    // The shop did call, and what it said held no card and no key.
    assert!(
        *tap.came.lock().unwrap() > 0 && !tap.heard.lock().unwrap().is_empty(),
        "{bad:?}: it was not called"
    );
    for secret in
        [number.as_str(), HOLDER, "Grace%20Hopper", "sk_test_double", "Authorization", "authorization"]
    {
        assert!(!tap.heard(secret), "{bad:?}: {secret} left the shop");
    }
    for double in [Some(&good), Some(&other), shown.as_ref()].into_iter().flatten() {
        assert!(double.charges().is_empty() && double.seen().is_empty(), "{bad:?}: {:?}", double.seen());
    }
    assert_eq!(case.orders().await.len(), 1, "{bad:?}: the order stays");

    // The gateway is back: the same order is paid, once.
    let tap = Tap::start(Behind::Server(good.address())).await;
    case.again(&tap, good.root_pem());
    let page = case.shopper.browser.get("/checkout/pay").await;
    let paid = case.shopper.pay(&page, &number, CODE).await;
    assert!(people::is_paid(&paid), "{bad:?}: {}", paid.words());
    assert_eq!(case.orders().await.len(), 1, "{bad:?}");
    assert_eq!(good.charges().len(), 1, "{bad:?}");
    assert!(!tap.heard(&number), "the card crossed the line in clear");
    assert!(good.breaches().is_empty(), "{:?}", good.breaches());
}

#[tokio::test]
async fn a_certificate_that_has_expired() {
    meets(Bad::Shown(Presence::Expired)).await;
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    meets(Bad::Shown(Presence::OtherName)).await;
}

#[tokio::test]
async fn a_certificate_of_an_unknown_root() {
    meets(Bad::UnknownRoot).await;
}

#[tokio::test]
async fn a_server_that_speaks_tls_1_1_only() {
    meets(Bad::Shown(Presence::OnlyTls11)).await;
}

#[tokio::test]
async fn a_server_that_insists_on_tls_1_1() {
    meets(Bad::Shown(Presence::InsistsOnTls11)).await;
}

#[tokio::test]
async fn a_server_that_answers_in_clear() {
    meets(Bad::Clear).await;
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing() {
    meets(Bad::Silent).await;
}
