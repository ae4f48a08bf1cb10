//! The power of the shop: it goes when a checkout's plan says so, and comes back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::spawn_blocking;

use super::harness::Shop;
use super::plan::Kill;

/// How a shop is started, at addresses that stay.
#[derive(Clone)]
pub struct Place {
    pub folder: PathBuf,
    pub options: Vec<String>,
    pub ports: [u16; 3],
}

impl Place {
    pub fn new(folder: &Path, options: Vec<String>) -> Self {
        Self { folder: folder.to_owned(), options, ports: free_ports() }
    }

    pub fn start(&self) -> Shop {
        let options: Vec<_> = self.options.iter().map(String::as_str).collect();
        Shop::start_at(&self.folder, &options, self.ports)
    }

    fn start_and_kill(&self, after: Duration) {
        let options: Vec<_> = self.options.iter().map(String::as_str).collect();
        Shop::start_and_kill(&self.folder, &options, self.ports, after);
    }

    pub fn storefront(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports[0])
    }
}

/// Three that are free, below those that the system gives away: nobody takes them while the shop is down.
fn free_ports() -> [u16; 3] {
    let from = 20_000 + u16::try_from(std::process::id() % 3_000).unwrap() * 3;
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let found: Vec<u16> = (from..from + 300).filter(free).take(3).collect();
    found.try_into().unwrap()
}

enum Order {
    Kill(Kill),
    Rest(oneshot::Sender<Shop>),
}

/// Who switches.
#[derive(Clone)]
pub struct Power {
    orders: mpsc::UnboundedSender<Order>,
    up: watch::Receiver<bool>,
    kills: Arc<AtomicUsize>,
    /// Milliseconds.
    down: Arc<AtomicUsize>,
}

impl Power {
    pub fn over(shop: Shop, place: Place) -> Self {
        let (orders, waiting) = mpsc::unbounded_channel();
        let (tell, up) = watch::channel(true);
        let (kills, down) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(switch(shop, place, waiting, (tell, Arc::clone(&kills), Arc::clone(&down))));
        Self { orders, up, kills, down }
    }

    pub fn goes(&self, kill: Kill) {
        let _ = self.orders.send(Order::Kill(kill));
    }

    pub fn kills(&self) -> usize {
        self.kills.load(Ordering::Relaxed)
    }

    /// How long the shop was down, in all.
    pub fn down(&self) -> Duration {
        Duration::from_millis(self.down.load(Ordering::Relaxed).try_into().unwrap())
    }

    /// When the shop can be reached.
    pub async fn back(&self) {
        let mut up = self.up.clone();
        up.wait_for(|up| *up).await.unwrap();
    }

    /// No more kills.
    pub async fn rest(&self) -> Shop {
        let (to, shop) = oneshot::channel();
        assert!(self.orders.send(Order::Rest(to)).is_ok());
        shop.await.unwrap()
    }
}

async fn switch(
    mut shop: Shop,
    place: Place,
    mut waiting: mpsc::UnboundedReceiver<Order>,
    (up, kills, down): (watch::Sender<bool>, Arc<AtomicUsize>, Arc<AtomicUsize>),
) {
    while let Some(order) = waiting.recv().await {
        let kill = match order {
            Order::Kill(kill) => kill,
            Order::Rest(to) => {
                let _ = to.send(shop);
                return;
            }
        };
        tokio::time::sleep(kill.after).await;
        up.send_replace(false);
        let (place, began) = (place.clone(), Instant::now());
        shop = spawn_blocking(move || {
            shop.kill();
            if let Some(after) = kill.again {
                place.start_and_kill(after);
            }
            place.start()
        })
        .await
        .unwrap();
        down.fetch_add(usize::try_from(began.elapsed().as_millis()).unwrap(), Ordering::Relaxed);
        kills.fetch_add(1 + usize::from(kill.again.is_some()), Ordering::Relaxed);
        up.send_replace(true);
    }
}
