//! `cowctl products`: goods from a file.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::Value;
use zeroize::Zeroizing;

use super::client::Client;
use super::end::{DATA, End};
use super::table::{table, text};
use super::{Context, Said};

/// Products
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
    if context.json {
        return Ok(format!("{report:#}\n"));
    }
    Ok(told(&report))
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
        "{} products added, {} replaced; {} variants, {} pictures.\n",
        text(&report["added"]),
        text(&report["replaced"]),
        text(&report["variants"]),
        text(&report["pictures"])
    );
    for (field, what) in [("ignored", "Columns that were not read"), ("unused", "Pictures that no row names")]
    {
        let names = text(&report[field]);
        if !names.is_empty() {
            said.push_str(&format!("{what}: {names}\n"));
        }
    }
    let remarks = report["remarks"].as_array().cloned().unwrap_or_default();
    if !remarks.is_empty() {
        let row = |remark: &Value| vec![text(&remark["row"]), text(&remark["column"]), text(&remark["text"])];
        said.push('\n');
        said.push_str(&table(&["ROW", "COLUMN", "WHAT"], &remarks.iter().map(row).collect::<Vec<_>>()));
    }
    said
}
