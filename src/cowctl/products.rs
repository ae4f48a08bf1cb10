//! `cowctl products`: goods from a file.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::Value;
use zeroize::Zeroizing;

use super::client::Client;
use super::end::{DATA, End};
use super::table::{fold, table, text};
use super::{Context, Said};

/// The products of the shop: see them, and take them from a file
#[derive(Subcommand)]
#[command(before_help = "\
Examples:
  cowctl products list --words mug
  cowctl products import goods.csv --pictures photos/")]
pub enum Products {
    /// Show products
    List {
        /// Words in title, handle or SKU
        #[arg(long, default_value = "")]
        words: String,
    },
    /// Take a file of products (CSV), with its pictures
    Import(Import),
}

/// Take a file of products (CSV), with its pictures
#[derive(Args)]
pub struct Import {
    /// The file
    file: PathBuf,
    /// A folder with the pictures that the file names
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
}

pub fn run(context: &Context, asked: &Products) -> Said {
    match asked {
        Products::List { words } => list(context, words),
        Products::Import(asked) => import(context, asked),
    }
}

fn list(context: &Context, words: &str) -> Said {
    let client = Client::signed_in(context)?;
    let (mut items, mut cursor) = (Vec::new(), String::new());
    let words: String = words.bytes().map(|byte| format!("%{byte:02x}")).collect();
    loop {
        let mut page = client.get(&format!("/products?limit=100&q={words}{cursor}"))?;
        if let Some(found) = page["items"].as_array_mut() {
            items.append(found);
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    if context.json {
        return Ok(format!("{:#}\n", serde_json::json!({ "items": items })));
    }
    if items.is_empty() {
        return Ok("No product is like that.\n".to_owned());
    }
    let row = |product: &Value| {
        let variants = product["variants"].as_array().cloned().unwrap_or_default();
        let stock = |variant: &Value| variant["on_hand"].as_u64().unwrap_or_default();
        let first = variants.first().map(|variant| &variant["price"]);
        let price = first.map(|price| format!("{} {}", text(&price["currency"]), text(&price["amount"])));
        vec![
            text(&product["handle"]),
            text(&product["title"]),
            text(&product["status"]),
            price.unwrap_or_default(),
            variants.iter().map(stock).sum::<u64>().to_string(),
        ]
    };
    Ok(table(&["HANDLE", "TITLE", "STATUS", "PRICE", "STOCK"], &items.iter().map(row).collect::<Vec<_>>()))
}

const BOUNDARY: &str = "cowctl-7f1d9c40e2ab86d5";

fn import(context: &Context, asked: &Import) -> Said {
    let client = Client::signed_in(context)?;
    let mut body = Vec::new();
    part(&mut body, "file", &asked.file)?;
    if let Some(folder) = &asked.pictures {
        for path in pictures(folder)? {
            part(&mut body, "pictures", &path)?;
        }
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    if !context.json {
        super::progress(&format!("sending {} KB to {}", body.len() / 1000, client.address));
    }
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let report = client.send(Method::POST, "/products/import", Some((&kind, Zeroizing::new(body))))?;
    let taken = ["added", "replaced"].iter().any(|field| report[*field].as_u64().unwrap_or_default() > 0);
    let left = report["rows_left"].as_u64().unwrap_or_default();
    if !taken && left > 0 {
        let text = format!("nothing was imported: {}\n{}", rows_left(left), faults(&report).trim_end());
        return Err(End { said: Some(report), ..End::new(DATA, text) });
    }
    if context.json {
        return Ok(format!("{report:#}\n"));
    }
    Ok(told(&report))
}

/// `1 product`, `2 products`.
fn counted(count: &Value, one: &str) -> String {
    let count = count.as_u64().unwrap_or_default();
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn rows_left(count: u64) -> String {
    if count == 1 { "1 row was left out".to_owned() } else { format!("{count} rows were left out") }
}

/// Why rows were left out, one a line.
fn faults(report: &Value) -> String {
    let faults = report["left_out"].as_array().into_iter().flatten();
    faults
        .map(|fault| {
            format!("  {}: {} {}\n", text(&fault["field"]), text(&fault["wrong"]), text(&fault["cure"]))
        })
        .collect()
}

fn part(body: &mut Vec<u8>, field: &str, path: &Path) -> Result<(), End> {
    let content = std::fs::read(path).map_err(|error| End::unread(path, &error))?;
    if content.windows(BOUNDARY.len()).any(|window| window == BOUNDARY.as_bytes()) {
        return Err(End::new(DATA, format!("{} holds the mark that separates files", path.display())));
    }
    let name: String = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .chars()
        .filter(|letter| !matches!(letter, '"' | '\\') && !letter.is_control())
        .collect();
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&content);
    body.extend_from_slice(b"\r\n");
    Ok(())
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, End> {
    let unread = |error: std::io::Error| End::unread(folder, &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if ["jpg", "jpeg", "png", "webp"].contains(&ending.as_str()) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn told(report: &Value) -> String {
    let mut said = format!(
        "{} added, {} replaced; {}, {}.\n",
        counted(&report["added"], "product"),
        text(&report["replaced"]),
        counted(&report["variants"], "variant"),
        counted(&report["pictures"], "picture")
    );
    let left = report["rows_left"].as_u64().unwrap_or_default();
    if left > 0 {
        said.push_str(&format!("{}. Correct them and import the file again:\n", rows_left(left)));
        said.push_str(&faults(report));
    }
    if report["pictures_left"].as_u64().unwrap_or_default() > 0 {
        let left = counted(&report["pictures_left"], "picture");
        said.push_str(&format!("{left} left out: nothing is fetched. Give them with --pictures.\n"));
    }
    for (field, what) in [("ignored", "Columns that were not read"), ("unused", "Pictures that no row names")]
    {
        let names = text(&report[field]);
        if !names.is_empty() {
            said.push_str(&format!("{what}: {names}\n"));
        }
    }
    let remarks = report["remarks"].as_array().cloned().unwrap_or_default();
    if !remarks.is_empty() {
        let row = |remark: &Value| vec![text(&remark["text"]), text(&remark["rows"])];
        said.push('\n');
        said.push_str(&table(&["WHAT BECAME OF IT", "ROWS"], &remarks.iter().map(row).collect::<Vec<_>>()));
    }
    fold(&said)
}
