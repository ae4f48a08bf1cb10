//! What all shoppers share: the shop, the doubles, the plans.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::harness::{Admin, Browser, Shop, people};
use super::plan::{self, Moment, Script};
use super::power::{Place, Power};
use super::shopper::{Shopper, Story};
use super::vendors::{Doubles, VENDORS, Vendor};

/// Shoppers at once.
const SHOPPERS: usize = 20;

pub struct Stage {
    pub place: Place,
    pub power: Power,
    pub scripts: Vec<Script>,
    /// By checkout.
    pub stories: Mutex<HashMap<usize, Story>>,
    /// Whoever is signed in to the console; another tab of it is taken from here.
    signed_in: Mutex<Browser>,
    began: Instant,
}

/// Which vendor takes the payments of this checkout: all of one come after the other.
pub fn vendor_of(index: usize, of: usize) -> &'static Vendor {
    let mut from = 0;
    let at = index * 1_000 / of;
    let found = VENDORS.iter().find(|vendor| {
        from += vendor.share;
        at < from
    });
    found.unwrap_or(&VENDORS[VENDORS.len() - 1])
}

/// A shop with the goods, and its administrator.
pub async fn open(folder: &std::path::Path, doubles: &Doubles) -> (Place, Shop, Admin) {
    let goods = folder.join("goods");
    std::fs::create_dir_all(goods.join("pictures")).unwrap();
    std::fs::write(goods.join("products.csv"), plan::goods()).unwrap();
    let appliance = folder.join("appliance.toml");
    let text = format!(
        "version = 1\nhostname = \"once-test\"\n[network]\ndhcp = true\n[access]\n\
         admin_ranges = [{{ cidr = \"127.0.0.1/32\", name = \"this machine\" }}]\n\
         [shop]\nname = \"Meadow & Mill\"\ndemo = true\n\
         [administrator]\nname = \"Ada Osei\"\nemail = \"{}\"\nemployer = \"Meadow Hosting\"\nemployed_since = \"2019-04-01\"\nscreening = {{ method = \"criminal record certificate\", on = \"2025-01-15\", valid_until = \"2030-01-14\", reference = \"HR 2025-17\" }}\napproved_by = \"Noor Haddad\"\n{}",
        people::EMAIL,
        doubles.dev()
    );
    std::fs::write(&appliance, text).unwrap();
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let options = vec!["--goods".to_owned(), path(&goods), "--appliance".to_owned(), path(&appliance)];
    let place = Place::new(folder, options);
    let shop = place.start();
    let admin = Admin::set_up(&shop).await;
    (place, shop, admin)
}

impl Stage {
    pub fn new(place: Place, shop: Shop, admin: &Admin, scripts: Vec<Script>) -> Arc<Self> {
        Arc::new(Self {
            power: Power::over(shop, place.clone()),
            place,
            scripts,
            stories: Mutex::default(),
            signed_in: Mutex::new(admin.browser.tab()),
            began: Instant::now(),
        })
    }

    pub fn vendor(&self, index: usize) -> &'static Vendor {
        vendor_of(index, plan::MOST)
    }

    pub fn console(&self) -> Browser {
        self.signed_in.lock().unwrap().tab()
    }

    /// Lets the power go when a gateway has heard enough about a payment.
    pub fn listen(self: &Arc<Self>, doubles: &Doubles) {
        for double in doubles.all() {
            let (mut heard, stage) = (double.listen(), Arc::clone(self));
            tokio::spawn(async move {
                let mut counts: HashMap<usize, usize> = HashMap::new();
                while let Some(seen) = heard.recv().await {
                    let Some(index) = seen.amount.and_then(plan::index_of) else { continue };
                    let count = counts.entry(index).or_default();
                    *count += 1;
                    let script = stage.scripts.iter().find(|script| script.index == index);
                    let kill = script.and_then(|script| script.kill);
                    if let Some(kill) = kill.filter(|kill| kill.at == Moment::Heard(*count)) {
                        stage.power.goes(kill);
                    }
                }
            });
        }
    }

    /// Plays these checkouts, several at once.
    pub async fn play(self: &Arc<Self>, scripts: Vec<Script>) {
        let queue = Arc::new(Mutex::new(scripts.into_iter()));
        let shoppers: Vec<_> = (0..SHOPPERS)
            .map(|_| {
                let (stage, queue) = (Arc::clone(self), Arc::clone(&queue));
                tokio::spawn(async move {
                    loop {
                        let Some(script) = queue.lock().unwrap().next() else { return };
                        let index = script.index;
                        let story = Shopper::new(&stage, script).shop().await;
                        let mut stories = stage.stories.lock().unwrap();
                        stories.insert(index, story);
                        if stories.len().is_multiple_of(100) {
                            let (kills, down) = (stage.power.kills(), stage.power.down());
                            let count = stories.len();
                            println!(
                                "{count} checkouts, {kills} kills, {:?}, of it {down:?} down",
                                stage.began.elapsed()
                            );
                        }
                    }
                })
            })
            .collect();
        for shopper in shoppers {
            shopper.await.unwrap();
        }
    }
}
