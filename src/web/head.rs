//! What stands above every page: its title, its styles and the banners of a machine that is not for real
//! customers.

use std::sync::Arc;

use super::{Failure, Script, Site};
use crate::locale::Texts;
use crate::operator::{GatewayChoice, Settings};

/// The part of a page that `layout.html` needs; templates call it `head`.
pub struct Head {
    /// What pages say.
    pub texts: Arc<Texts>,
    /// The shop's name.
    pub shop: String,
    /// What the page is about, without the shop's name.
    pub title: String,
    /// The style sheet's address.
    pub styles: String,
    /// The icon's address.
    pub icon: String,
    /// Seconds after which the page asks again by itself.
    pub refresh: Option<u32>,
    /// The page to which a browser goes on by itself at once.
    pub onward: Option<String>,
    /// The passkeys' script, on the pages where one can be used.
    pub script: Option<Script>,
    /// What a visitor must know before anything else.
    pub banners: Vec<String>,
}

impl Head {
    /// The head of the page titled `title`, styled by the sheet called `sheet` (`shop.css`). `settings` are
    /// the shop's, or `None` before it is set up.
    pub fn new(site: &Site, settings: Option<&Settings>, sheet: &str, title: String) -> Self {
        let mut banners = Vec::new();
        if site.app.is_dev() {
            banners.push(site.texts.say("banner-dev"));
        }
        if settings.is_some_and(|settings| settings.gateway == Some(GatewayChoice::Test)) {
            banners.push(site.texts.say("banner-test-gateway"));
        }
        Self {
            texts: Arc::clone(&site.texts),
            shop: settings.map_or_else(|| "CashCowCart".to_owned(), |settings| settings.name.to_string()),
            title,
            styles: site.assets.path(sheet).to_owned(),
            icon: site.assets.path("icon.svg").to_owned(),
            refresh: None,
            onward: None,
            script: None,
            banners,
        }
    }

    /// The settings in force, or the page that says that there are none yet.
    pub fn settings(site: &Site) -> Result<Settings, Failure> {
        site.app.settings()?.ok_or(Failure::NotOpen)
    }
}
