//! A shopper who follows a plan, in whatever state the shop is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::desk;
use super::harness::browser::Form;
use super::harness::{Browser, Page, people};
use super::plan::{AfterCut, AtBank, Habit, Moment, Plastic, SHARED, Script};
use super::stage::Stage;

/// The most pages that a shopper reads before giving up.
const PATIENCE: usize = 30;
/// The most times that one loads a page that says that the bank has not answered yet.
const WAITS: usize = 6;
/// The most times that one sends a payment form.
const MOST_FORMS: usize = 7;

/// What a shopper was told.
#[derive(Debug, Default)]
pub struct Story {
    /// Orders whose page said that they are paid.
    pub confirmed: BTreeSet<String>,
    /// All orders that the shopper was led to.
    pub links: BTreeSet<String>,
    /// Payment forms that were sent, each copy of them.
    pub forms: usize,
    /// What must not have happened.
    pub complaints: Vec<String>,
    /// What the shop's people have done.
    pub pressed: Vec<String>,
}

/// The line was cut, or the shop is not there.
struct Cut;

pub struct Shopper {
    stage: Arc<Stage>,
    script: Script,
    browser: Browser,
    story: Story,
    /// The next card of the wallet.
    next: usize,
    /// The form that was sent last.
    sent: Option<Form>,
    killed: bool,
}

/// What a page is to a shopper.
enum View {
    Pay,
    Paid,
    Waiting,
    Action(Option<String>),
    Unpaid,
    Over,
    Cart,
    Nothing,
}

impl Shopper {
    pub fn new(stage: &Arc<Stage>, script: Script) -> Self {
        let browser = Browser::new(&stage.place.storefront());
        Self {
            stage: Arc::clone(stage),
            script,
            browser,
            story: Story::default(),
            next: 0,
            sent: None,
            killed: false,
        }
    }

    /// From the first page to the last one.
    pub async fn shop(mut self) -> Story {
        self.fill_cart().await;
        let mut page = self.reach_payment().await;
        let mut waits = 0;
        for _ in 0..PATIENCE {
            let view = self.view(page.as_ref());
            page = match view {
                View::Pay if self.story.forms < MOST_FORMS => match self.card() {
                    Some(card) => self.pay(page.unwrap(), card).await,
                    None => break,
                },
                View::Paid => {
                    self.enjoy(&page.unwrap().at).await;
                    break;
                }
                View::Waiting if waits < WAITS => {
                    waits += 1;
                    tokio::time::sleep(Duration::from_millis(600)).await;
                    self.get(&page.unwrap().at).await
                }
                View::Action(Some(url)) => match self.bank(&url, &page.unwrap()).await {
                    Some(page) => Some(page),
                    None => break,
                },
                View::Unpaid => self.get("/checkout/pay").await,
                View::Cart => self.reach_payment().await,
                View::Pay | View::Waiting | View::Over | View::Nothing | View::Action(None) => break,
            };
        }
        self.story
    }

    fn view(&mut self, page: Option<&Page>) -> View {
        let Some(page) = page else { return View::Nothing };
        if page.at.starts_with("/order/") {
            self.story.links.insert(page.at.clone());
            return match () {
                () if people::is_paid(page) => {
                    self.story.confirmed.insert(page.at.clone());
                    View::Paid
                }
                () if page.says("Waiting for the bank") => View::Waiting,
                () if page.says("One more step to pay") => {
                    View::Action(page.links("https://").into_iter().find(|to| to.contains("/pages/")))
                }
                () if page.says("did not go through") || page.says("not paid yet") => View::Unpaid,
                () => View::Over,
            };
        }
        let posts = |to: &str| page.forms().iter().any(|form| form.action == to);
        if posts("/checkout/pay") {
            View::Pay
        } else if posts("/cart/update") {
            View::Cart
        } else {
            View::Nothing
        }
    }

    /// The power goes now, if that is the plan.
    fn at(&mut self, moment: Moment) {
        if let Some(kill) = self.script.kill.filter(|kill| kill.at == moment && !self.killed) {
            self.killed = true;
            self.stage.power.goes(kill);
        }
    }

    async fn once(&mut self, path: &str) -> Result<Page, Cut> {
        let page = self.browser.try_get(path).await.map_err(|_| Cut)?;
        if page.status.is_server_error() { Err(Cut) } else { Ok(page) }
    }

    /// Waits for the shop and loads a page, as often as it takes.
    async fn get(&mut self, path: &str) -> Option<Page> {
        for _ in 0..PATIENCE {
            if let Ok(page) = self.once(path).await {
                return Some(page);
            }
            self.wait().await;
        }
        None
    }

    async fn wait(&self) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.stage.power.back().await;
    }

    async fn fill_cart(&mut self) {
        self.put(&self.script.handle(), self.script.quantity).await;
        if self.script.shared {
            self.put(SHARED, 1).await;
        }
    }

    async fn put(&mut self, handle: &str, quantity: u32) {
        for _ in 0..PATIENCE {
            let Some(page) = self.get(&format!("/product/{handle}")).await else { return };
            let form = page.form("/cart/add").set("quantity", &quantity.to_string());
            self.at(Moment::Cart);
            if self.browser.try_submit(form).await.is_ok() {
                return;
            }
            // Nobody adds a second time without a look.
            self.wait().await;
            if self.get("/cart").await.is_some_and(|cart| cart.says(&format!("Goods {handle}"))) {
                return;
            }
        }
    }

    /// Contact, delivery, and the page that follows.
    async fn reach_payment(&mut self) -> Option<Page> {
        for _ in 0..PATIENCE {
            let page = self.get("/checkout/contact").await?;
            if !page.forms().iter().any(|form| form.action == "/checkout/contact") {
                return self.elsewhere(page).await;
            }
            self.at(Moment::Contact);
            let Ok(page) = self.browser.try_submit(people::contact(&page, "Grace Hopper")).await else {
                self.wait().await;
                continue;
            };
            let Some(form) = page.forms().into_iter().find(|form| form.action == "/checkout/delivery") else {
                return self.elsewhere(page).await;
            };
            match self.browser.try_submit(form.set("shipping", "standard")).await {
                Ok(page) => return Some(page),
                Err(_) => self.wait().await,
            }
        }
        None
    }

    /// A step that leads somewhere else: a cart that cannot be bought leads nowhere.
    async fn elsewhere(&mut self, page: Page) -> Option<Page> {
        match self.view(Some(&page)) {
            View::Cart => None,
            _ => Some(page),
        }
    }

    /// The next card; the last one again as long as it is no bad one.
    fn card(&mut self) -> Option<String> {
        let last = self.script.wallet.len() - 1;
        let plastic = self.script.wallet[self.next.min(last)];
        if self.next > last && plastic == Plastic::Declines {
            return None;
        }
        self.next += 1;
        Some(self.stage.vendor(self.script.index).card(plastic, self.script.index, self.next))
    }

    fn form(&self, page: &Page, card: &str) -> Form {
        if self.stage.vendor(self.script.index).hosted {
            page.form("/checkout/pay")
        } else {
            people::card(page, card, "123")
        }
    }

    /// Sends the payment form, in this shopper's manner the first time.
    async fn pay(&mut self, page: Page, card: String) -> Option<Page> {
        let form = self.form(&page, &card);
        let habit = if self.story.forms == 0 { self.script.habit } else { Habit::Plain };
        let mut forms = vec![form.clone()];
        match habit {
            Habit::DoubleClick => forms.push(form.clone()),
            Habit::FourAtOnce => forms.extend([form.clone(), form.clone(), form.clone()]),
            Habit::TwoTabs => {
                let other = self.get("/checkout/pay").await?;
                if other.forms().iter().any(|form| form.action == "/checkout/pay") {
                    forms.push(self.form(&other, &card));
                }
            }
            Habit::ChangesCart => self.change_cart().await,
            _ => {}
        }
        self.sent = Some(form);
        self.story.forms += forms.len();
        self.at(Moment::Pays);
        if let Habit::Closes(after) = habit {
            let mut tab = self.browser.tab();
            let form = forms.remove(0);
            let limit = Duration::from_millis(after);
            let _ = tokio::time::timeout(limit, tab.try_submit(form)).await;
            return self.after_cut().await;
        }
        let pages = self.send(forms).await;
        let led: BTreeSet<_> =
            pages.iter().filter(|page| page.at.starts_with("/order/")).map(|page| page.at.clone()).collect();
        if led.len() > 1 {
            self.story.complaints.push(format!("one form, several orders: {led:?}"));
        }
        let best = |page: &&Page| (page.at.starts_with("/order/"), people::is_paid(page));
        let mut pages = pages;
        match pages.iter().map(|page| best(&page)).enumerate().max_by_key(|(_, rank)| *rank) {
            Some((place, _)) => Some(pages.swap_remove(place)),
            None => self.after_cut().await,
        }
    }

    /// All at once, each in a tab of its own; the first one's cookies stay.
    async fn send(&mut self, forms: Vec<Form>) -> Vec<Page> {
        let others: Vec<_> = forms[1..]
            .iter()
            .map(|form| {
                let (mut tab, form) = (self.browser.tab(), form.clone());
                tokio::spawn(async move { tab.try_submit(form).await })
            })
            .collect();
        let mut pages = Vec::new();
        pages.extend(self.browser.try_submit(forms[0].clone()).await);
        for other in others {
            pages.extend(other.await.unwrap());
        }
        pages.retain(|page| !page.status.is_server_error());
        pages
    }

    async fn after_cut(&mut self) -> Option<Page> {
        self.wait().await;
        match self.script.after_cut {
            AfterCut::SendsAgain => {
                for _ in 0..PATIENCE {
                    let form = self.sent.clone()?;
                    self.story.forms += 1;
                    match self.browser.try_submit(form).await {
                        Ok(page) if !page.status.is_server_error() => return Some(page),
                        _ => self.wait().await,
                    }
                }
                None
            }
            AfterCut::LooksAtPayment => self.get("/checkout/pay").await,
            AfterCut::LooksAtCart => {
                let cart = self.get("/cart").await?;
                match self.view(Some(&cart)) {
                    View::Cart => self.get("/checkout/pay").await,
                    _ => None,
                }
            }
            AfterCut::Leaves => None,
        }
    }

    /// One more of the own goods, in another tab.
    async fn change_cart(&mut self) {
        let Some(page) = self.get("/cart").await else { return };
        let Some(form) = page.forms().into_iter().find(|form| form.action == "/cart/update") else { return };
        let field = format!("q.{}", self.script.handle());
        let _ = self.browser.try_submit(form.set(&field, &(self.script.quantity + 1).to_string())).await;
    }

    /// At the page of the bank or the gateway; `None` if the shopper does not come back.
    async fn bank(&mut self, url: &str, page: &Page) -> Option<Page> {
        let vendor = self.stage.vendor(self.script.index);
        let says = self.script.at_bank;
        let yes = match says {
            AtBank::SaysNothing => return None,
            AtBank::PaysAnotherWay => {
                let leave = format!("{}/abandon", page.at);
                let form = page.forms().into_iter().find(|form| form.action == leave)?;
                return match self.browser.try_submit(form).await {
                    Ok(page) => Some(page),
                    Err(_) => self.after_cut().await,
                };
            }
            AtBank::SaysNo => {
                // The next card is another one.
                false
            }
            _ => true,
        };
        let (origin, path) = split(url);
        let mut away = Browser::new(&origin);
        if vendor.hosted {
            // Cards that are declined are typed there too.
            for _ in self.script.wallet.iter().filter(|plastic| **plastic == Plastic::Declines) {
                let asked = format!("{path}{}", vendor.declines());
                away.once(hyper::Method::GET, &asked, None, &[]).await.ok()?;
            }
            if self.script.wallet.last() == Some(&Plastic::Declines) {
                return None;
            }
        }
        let asked = format!("{path}{}", vendor.answer(yes));
        let answer = away.once(hyper::Method::GET, &asked, None, &[]).await.ok()?;
        let back = answer.headers.get("location").and_then(|to| to.to_str().ok()).map(|to| split(to).1);
        if says == AtBank::SaysYesAndStays {
            return None;
        }
        self.at(Moment::Returns);
        let Some(back) = back else { return self.get(&page.at).await };
        let page = self.get(&back).await;
        if says == AtBank::SaysYesAndReturnsTwice { self.get(&back).await } else { page }
    }

    /// It is paid.
    async fn enjoy(&mut self, at: &str) {
        self.at(Moment::Reads);
        match self.script.habit {
            Habit::Reloads => {
                for _ in 0..3 {
                    let page = self.get(at).await;
                    self.is_still_paid(page, at);
                }
            }
            Habit::BackButton => {
                if let Some(form) = self.sent.clone()
                    && let Ok(page) = self.browser.try_submit(form).await
                    && page.at.starts_with("/order/")
                {
                    self.is_still_paid(Some(page), at);
                }
                let page = self.get(at).await;
                self.is_still_paid(page, at);
            }
            _ => {}
        }
        if let Some(page) = self.get(at).await {
            self.at(Moment::Desk);
            self.story.pressed = desk::serve(&self.stage, &self.script, &page).await;
        }
    }

    fn is_still_paid(&mut self, page: Option<Page>, at: &str) {
        let Some(page) = page else { return };
        if page.at != at || !people::is_paid(&page) {
            self.story.complaints.push(format!("{at} was paid, and then {} says: {}", page.at, page.words()));
        }
    }
}

/// Origin and the rest of an address.
fn split(url: &str) -> (String, String) {
    let from = url.find("://").unwrap() + 3;
    let to = url[from..].find('/').map_or(url.len(), |at| from + at);
    (url[..to].to_owned(), url[to..].to_owned())
}
