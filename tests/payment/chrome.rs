//! A real browser: Debian's Chromium without a screen, told what to do through its driver (W3C WebDriver).

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// The key under which WebDriver hands an element over (W3C WebDriver, section 12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// For one command, page loads included: two cores may be shared by several browsers and shops.
const PATIENCE: Duration = Duration::from_secs(150);

/// A browser with one window. It ends, and its driver (by pid), when it is dropped.
pub struct Chrome {
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

/// An element of the page.
pub struct Element(String);

impl Chrome {
    pub async fn start() -> Self {
        Self::start_with(true).await
    }

    /// A browser; `scripts` is its own setting "sites can use JavaScript".
    pub async fn start_with(scripts: bool) -> Self {
        Self::start_told(scripts, &[]).await
    }

    /// The same with more words on its command line.
    pub async fn start_told(scripts: bool, more: &[String]) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver: {error}; tests/run payment installs it"));
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let port = line.split_once("started successfully on port ")?.1;
            port.trim_end_matches('.').parse().ok()
        });
        let port = port.expect("chromedriver did not start");
        // Its output is read to the end, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        let mut chrome = Self { driver, port, session: String::new(), _profile: profile };
        let folder = format!("--user-data-dir={}", chrome._profile.path().display());
        let scripts = if scripts { 1 } else { 2 };
        // Root has no sandbox, and no GPU is here.
        let mut words = vec!["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        words.extend(["--window-size=1280,1600", "--no-first-run", &folder]);
        words.extend(more.iter().map(String::as_str));
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": {"performance": "ALL"},
            "goog:chromeOptions": {
                "args": words,
                "prefs": {"profile.managed_default_content_settings.javascript": scripts},
            },
        }}});
        let session = chrome.ask(Method::POST, "/session", Some(wanted)).await.unwrap();
        chrome.session = session["sessionId"].as_str().unwrap().to_owned();
        chrome
    }

    /// One command to the driver itself.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let body = if method == Method::POST {
            body.unwrap_or_else(|| json!({})).to_string()
        } else {
            String::new()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let answer = tokio::time::timeout(PATIENCE, sender.send_request(request));
        let answer = answer.await.unwrap_or_else(|_| panic!("{path}: the browser hangs")).unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        connection.abort();
        let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
        match answer["value"]["error"].as_str() {
            Some(error) => {
                Err(format!("{error}: {}", answer["value"]["message"].as_str().unwrap_or_default()))
            }
            None => Ok(answer["value"].take()),
        }
    }

    async fn try_tell(&self, what: &str, body: Value) -> Result<Value, String> {
        self.ask(Method::POST, &format!("/session/{}/{what}", self.session), Some(body)).await
    }

    /// One command to the session.
    pub async fn tell(&self, what: &str, body: Value) -> Value {
        self.try_tell(what, body).await.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    async fn read(&self, what: &str) -> Value {
        let path = format!("/session/{}/{what}", self.session);
        self.ask(Method::GET, &path, None).await.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    pub async fn open(&self, url: &str) {
        self.tell("url", json!({ "url": url })).await;
    }

    pub async fn back(&self) {
        self.tell("back", json!({})).await;
    }

    pub async fn reload(&self) {
        self.tell("refresh", json!({})).await;
    }

    pub async fn url(&self) -> String {
        self.read("url").await.as_str().unwrap().to_owned()
    }

    pub async fn title(&self) -> String {
        self.read("title").await.as_str().unwrap().to_owned()
    }

    pub async fn try_find(&self, css: &str) -> Option<Element> {
        let found = self.try_tell("element", json!({"using": "css selector", "value": css})).await.ok()?;
        Some(Element(found[ELEMENT].as_str()?.to_owned()))
    }

    pub async fn find(&self, css: &str) -> Element {
        match self.try_find(css).await {
            Some(element) => element,
            None => panic!("there is no {css} at {}: {}", self.url().await, self.words().await),
        }
    }

    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.tell(&format!("element/{}/click", element.0), json!({})).await;
    }

    /// Two clicks as fast as a finger makes them.
    pub async fn double_click(&self, css: &str) {
        let element = self.find(css).await;
        let press = |kind| json!({"type": kind, "button": 0});
        let origin = json!({ ELEMENT: element.0 });
        let moved = json!({"type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0});
        let pause = json!({"type": "pause", "duration": 60});
        let (down, up) = (press("pointerDown"), press("pointerUp"));
        let mouse = json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
            "actions": [moved, down, up, pause, down, up]});
        self.tell("actions", json!({"actions": [mouse]})).await;
    }

    pub async fn fill(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.tell(&format!("element/{}/clear", element.0), json!({})).await;
        self.tell(&format!("element/{}/value", element.0), json!({ "text": text })).await;
    }

    /// What stands in a field now.
    pub async fn value(&self, css: &str) -> String {
        let element = self.find(css).await;
        self.read(&format!("element/{}/property/value", element.0))
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let element = self.find(css).await;
        self.read(&format!("element/{}/attribute/{name}", element.0)).await.as_str().map(str::to_owned)
    }

    /// What a reader sees.
    pub async fn words(&self) -> String {
        let Some(body) = self.try_find("body").await else { return String::new() };
        let path = format!("/session/{}/element/{}/text", self.session, body.0);
        // A page that is just being left says nothing any more.
        let words = self.ask(Method::GET, &path, None).await.unwrap_or_default();
        words.as_str().unwrap_or_default().to_owned()
    }

    pub async fn says(&self, words: &str) -> bool {
        self.words().await.contains(words)
    }

    /// The value of a cookie.
    pub async fn cookie(&self, name: &str) -> Option<String> {
        let path = format!("/session/{}/cookie/{name}", self.session);
        let found = self.ask(Method::GET, &path, None).await.ok()?;
        found["value"].as_str().map(str::to_owned)
    }

    /// Runs a script with the driver's power, which no policy of the page binds.
    pub async fn script(&self, script: &str) -> Value {
        self.tell("execute/sync", json!({"script": script, "args": []})).await
    }

    /// The same of a script that calls back: its last argument.
    pub async fn script_later(&self, script: &str, arguments: Value) -> Value {
        self.tell("execute/async", json!({"script": script, "args": arguments})).await
    }

    /// Waits until the address holds `part`.
    pub async fn arrive(&self, part: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.url().await.contains(part) {
            assert!(Instant::now() < deadline, "still at {}: {}", self.url().await, self.words().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until a reader sees `words`.
    pub async fn read_on(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.says(words).await {
            assert!(
                Instant::now() < deadline,
                "no '{words}' at {}: {}",
                self.url().await,
                self.words().await
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The address of every request that pages made since the last question, cancelled and blocked ones included.
    pub async fn requests(&self) -> Vec<String> {
        let entries = self.tell("se/log", json!({"type": "performance"})).await;
        let entries = entries.as_array().unwrap().iter().filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &event["message"];
            (event["method"] == "Network.requestWillBeSent")
                .then(|| event["params"]["request"]["url"].as_str().unwrap().to_owned())
        });
        entries.collect()
    }

    /// Keeps a picture of the page in `target/test-logs`, for people.
    pub async fn picture(&self, name: &str) {
        self.picture_of(&format!("payment-{name}")).await;
    }

    /// The same under its whole name.
    pub async fn picture_of(&self, name: &str) {
        let png = self.read("screenshot").await;
        let png = base64::engine::general_purpose::STANDARD.decode(png.as_str().unwrap()).unwrap();
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("../test-logs");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        // A driver that is only killed leaves its browser behind; one whose session was ended has none.
        if let Ok(mut driver) = std::net::TcpStream::connect(("127.0.0.1", self.port)) {
            let end = format!(
                "DELETE /session/{} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
                self.session
            );
            let _ = driver.set_read_timeout(Some(Duration::from_secs(30)));
            let _ = driver.write_all(end.as_bytes());
            let _ = driver.read(&mut [0; 1024]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
