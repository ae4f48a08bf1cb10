//! A browser without a screen: TLS, cookies, redirects and forms, as HTML has them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::HeaderName;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use scraper::{ElementRef, Html, Selector};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

use super::trust;

/// One person's browser: remembers cookies per origin, follows redirects, keeps every answer.
pub struct Browser {
    origin: String,
    cookies: BTreeMap<String, String>,
    /// The address on loopback that it comes from, if it is to be a certain one.
    source: Option<Ipv4Addr>,
    /// Bytes of every answer so far, heads included: what the leak scan looks through.
    pub seen: Vec<u8>,
}

/// An answer.
pub struct Page {
    /// Status.
    pub status: StatusCode,
    /// Head.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// Path and query that it came from, after redirects.
    pub at: String,
}

/// A form as it stands on a page, to be filled in and sent.
#[derive(Clone)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Browser {
    /// A browser for `https://127.0.0.1:PORT`.
    pub fn new(origin: &str) -> Self {
        let origin = origin.trim_end_matches('/').to_owned();
        Self { origin, cookies: BTreeMap::new(), source: None, seen: Vec::new() }
    }

    /// The same, at another place of the network: an address in 127.0.0.0/8.
    pub fn at(mut self, source: [u8; 4]) -> Self {
        self.source = Some(source.into());
        self
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn forget_cookies(&mut self) {
        self.cookies.clear();
    }

    /// A browser with the same cookies: a second tab.
    pub fn tab(&self) -> Self {
        let (origin, cookies) = (self.origin.clone(), self.cookies.clone());
        Self { origin, cookies, source: self.source, seen: Vec::new() }
    }

    /// Goes on with the same cookies at another port: the shop was started anew.
    pub fn move_to(&mut self, origin: &str) {
        self.origin = origin.trim_end_matches('/').to_owned();
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.try_get(path).await.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    pub async fn try_get(&mut self, path: &str) -> Result<Page, String> {
        self.follow(Method::GET, path, None).await
    }

    /// Sends a form the way a browser does.
    pub async fn submit(&mut self, form: Form) -> Page {
        let action = form.action.clone();
        self.try_submit(form).await.unwrap_or_else(|error| panic!("POST {action}: {error}"))
    }

    pub async fn try_submit(&mut self, form: Form) -> Result<Page, String> {
        let body = encode(&form.fields);
        self.follow(
            Method::POST,
            &form.action,
            Some(("application/x-www-form-urlencoded".to_owned(), body.into_bytes())),
        )
        .await
    }

    /// Sends a form with one file in it (`multipart/form-data`).
    pub async fn upload(&mut self, form: Form, field: &str, file: &str, bytes: &[u8]) -> Page {
        let boundary = "----cashcow-test-boundary";
        let mut body = Vec::new();
        for (name, value) in &form.fields {
            if name != field {
                body.extend(
                    format!(
                        "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                    )
                    .bytes(),
                );
            }
        }
        body.extend(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file}\"\r\nContent-Type: text/csv\r\n\r\n").bytes(),
        );
        body.extend(bytes);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let media = format!("multipart/form-data; boundary={boundary}");
        self.follow(Method::POST, &form.action, Some((media, body))).await.unwrap()
    }

    async fn follow(
        &mut self,
        method: Method,
        path: &str,
        body: Option<(String, Vec<u8>)>,
    ) -> Result<Page, String> {
        let mut page = self.once(method, path, body, &[]).await?;
        for _ in 0..5 {
            if !page.status.is_redirection() {
                return Ok(page);
            }
            let to = page
                .headers
                .get("location")
                .ok_or("a redirect without a place")?
                .to_str()
                .unwrap()
                .to_owned();
            let to = to.strip_prefix(self.origin.as_str()).unwrap_or(&to).to_owned();
            page = self.once(Method::GET, &to, None, &[]).await?;
        }
        Err("redirects without end".to_owned())
    }

    /// One request, no redirect followed, with more headers if wanted.
    pub async fn once(
        &mut self,
        method: Method,
        path: &str,
        body: Option<(String, Vec<u8>)>,
        more: &[(&str, &str)],
    ) -> Result<Page, String> {
        let authority = self.origin.trim_start_matches("https://").to_owned();
        let mut request = Request::builder().method(method.clone()).uri(path).header("host", &authority);
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        if method == Method::POST {
            request = request.header("origin", &self.origin).header("sec-fetch-site", "same-origin");
        }
        for (name, value) in more {
            let headers = request.headers_mut().unwrap();
            headers.insert(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let bytes = match body {
            Some((media, bytes)) => {
                request = request.header("content-type", media);
                Bytes::from(bytes)
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(bytes)).unwrap();
        let exchange = exchange(&authority, self.source, request);
        let (parts, body) = tokio::time::timeout(Duration::from_secs(90), exchange)
            .await
            .map_err(|_| "no answer in 90 s".to_owned())??;
        for (name, value) in &parts.headers {
            self.seen.extend(format!("{name}: ").bytes());
            self.seen.extend(value.as_bytes());
            self.seen.push(b'\n');
        }
        self.seen.extend(&body);
        for cookie in parts.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() || cookie.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Page { status: parts.status, headers: parts.headers, body, at: path.to_owned() })
    }
}

async fn connect(authority: &str, source: Option<Ipv4Addr>) -> std::io::Result<TcpStream> {
    let Some(source) = source else { return TcpStream::connect(authority).await };
    let socket = TcpSocket::new_v4()?;
    socket.bind((source, 0).into())?;
    socket.connect(authority.parse().map_err(std::io::Error::other)?).await
}

async fn exchange(
    authority: &str,
    source: Option<Ipv4Addr>,
    request: Request<Full<Bytes>>,
) -> Result<(hyper::http::response::Parts, Bytes), String> {
    let stream = connect(authority, source).await.map_err(|error| error.to_string())?;
    let host = authority.rsplit_once(':').unwrap().0.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).unwrap();
    let stream =
        TlsConnector::from(client()).connect(name, stream).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    driver.abort();
    Ok((parts, body))
}

/// TLS that takes any certificate: which one it is, other tests check.
pub fn client() -> Arc<ClientConfig> {
    trust::client(&trust::Trust::Anyone)
}

impl Page {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What a reader sees: the text without markup, runs of white space folded.
    pub fn words(&self) -> String {
        let html = Html::parse_document(&self.text());
        let text: Vec<_> = html.root_element().text().flat_map(str::split_whitespace).collect();
        text.join(" ")
    }

    /// Whether a reader sees these words.
    pub fn says(&self, words: &str) -> bool {
        self.words().contains(words)
    }

    /// The form that posts to `action` (the first, if there are several), with its values as they stand.
    pub fn form(&self, action: &str) -> Form {
        self.forms().into_iter().find(|form| form.action == action).unwrap_or_else(|| {
            panic!("no form posts to {action} on {} ({}):\n{}", self.at, self.status, self.words())
        })
    }

    /// Every form.
    pub fn forms(&self) -> Vec<Form> {
        let html = Html::parse_document(&self.text());
        let forms = Selector::parse("form").unwrap();
        html.select(&forms).map(read_form).collect()
    }

    /// Targets of the links whose addresses begin with `prefix`, in their order, each once.
    pub fn links(&self, prefix: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text());
        let links = Selector::parse("a[href]").unwrap();
        let mut found: Vec<String> = Vec::new();
        for link in html.select(&links) {
            let to = link.value().attr("href").unwrap().to_owned();
            if to.starts_with(prefix) && !found.contains(&to) {
                found.push(to);
            }
        }
        found
    }
}

fn read_form(form: ElementRef<'_>) -> Form {
    let inputs = Selector::parse("input[name], select[name], textarea[name]").unwrap();
    let chosen = Selector::parse("option[selected]").unwrap();
    let first = Selector::parse("option").unwrap();
    let mut fields = Vec::new();
    for input in form.select(&inputs) {
        let name = input.value().attr("name").unwrap().to_owned();
        let kind = input.value().attr("type").unwrap_or("text");
        if input.value().attr("disabled").is_some() {
            continue;
        }
        let value = match input.value().name() {
            "select" => {
                let option = input.select(&chosen).next().or_else(|| input.select(&first).next());
                option.and_then(|option| option.value().attr("value")).unwrap_or_default().to_owned()
            }
            "textarea" => input.text().collect(),
            _ if matches!(kind, "radio" | "checkbox") && input.value().attr("checked").is_none() => continue,
            _ => input.value().attr("value").unwrap_or_default().to_owned(),
        };
        fields.push((name, value));
    }
    Form { action: form.value().attr("action").unwrap_or_default().to_owned(), fields }
}

impl Form {
    /// Fills in a field; adds it if the form has none of that name (an unchecked radio button).
    pub fn set(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value.to_owned(),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn encode(fields: &[(String, String)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                    out.push(char::from(byte))
                }
                b' ' => out.push('+'),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
            out
        })
    };
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    pairs.join("&")
}
