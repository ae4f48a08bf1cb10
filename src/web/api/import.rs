//! Taking a file of products, with its pictures.

use axum::body::Body;
use axum::http::Request;
use axum::response::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::Caller;
use super::problem::{Fault, Problem};
use crate::action::{self, ImportError, ImportProducts};
use crate::catalog::import::{Format, Mistake, Mistakes};
use crate::locale::Texts;
use crate::web::Failure;
use crate::web::console;

/// What is worth a look
#[derive(Serialize, ToSchema)]
pub struct RemarkRow {
    text: String,
    /// The rows that it is about, as a spreadsheet counts them
    rows: Vec<u64>,
}

/// What was taken
#[derive(Serialize, ToSchema)]
pub struct ImportDone {
    /// Whose columns the file has: `own`, `shopify` or `woocommerce`
    format: String,
    /// Products that are new
    added: usize,
    /// Products that took the place of one with their handle
    replaced: usize,
    variants: usize,
    pictures: usize,
    /// Columns that were not read
    ignored: Vec<String>,
    /// Pictures that no row names
    unused: Vec<String>,
    /// Of those that were replaced, products that were the same before
    unchanged: usize,
    /// Rows of another shop's export that could not be used
    rows_left: usize,
    /// Why they could not, the first 100
    left_out: Vec<Fault>,
    /// What became of rows that went in
    remarks: Vec<RemarkRow>,
    /// Pictures that an export has addresses of: nothing is fetched
    pictures_left: usize,
}

/// A file of products and its pictures
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described: the parts are read as they come")]
pub struct ImportFiles {
    /// CSV
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// JPEG, PNG or WebP, under the names that the file has for them; at most 100
    #[schema(value_type = Option<Vec<String>>)]
    pictures: Option<Vec<u8>>,
}

/// Take a file of products
///
/// At most 40 MB in all, one import at a time.
#[utoipa::path(
    post,
    path = "/products/import",
    tag = "products",
    extensions(("x-right" = json!("change-products"))),
    request_body(content = ImportFiles, content_type = "multipart/form-data"),
    responses((status = 200, description = "What was taken", body = ImportDone))
)]
pub async fn take(caller: Caller, request: Request<Body>) -> Result<Json<ImportDone>, Problem> {
    let Ok(_turn) = caller.api.imports.try_acquire() else {
        return Err(Failure::TooMany { retry_after: 30 }.into());
    };
    let texts = caller.texts();
    let console::Upload { file, file_name, pictures } = console::read_upload(request).await?;
    if file.is_empty() {
        return Err(Problem::field(texts, "file", &texts.say("import-no-file")));
    }
    if let Some((field, key, name)) = console::strange_upload(&file_name, &pictures) {
        return Err(Problem::field(texts, field, &texts.say_with(key, &[("name", name.into())])));
    }
    let pictures = match console::remake_pictures(texts, pictures).await? {
        Ok(pictures) => pictures,
        Err(text) => return Err(Problem::field(texts, "pictures", &text)),
    };
    let sent = ImportProducts { file, currency: caller.settings()?.currency, pictures, demo: false };
    match action::import_products(caller.api.office.app(), &caller.actor, sent).await {
        Ok(report) => Ok(Json(ImportDone {
            format: match report.format {
                Format::Own => "own",
                Format::Shopify => "shopify",
                Format::WooCommerce => "woocommerce",
            }
            .to_owned(),
            added: report.added,
            replaced: report.replaced,
            variants: report.variants,
            pictures: report.pictures,
            ignored: report.ignored,
            unused: report.unused,
            unchanged: report.unchanged,
            rows_left: report.rows_left,
            left_out: faults(texts, &report.left_out),
            remarks: report
                .remarks
                .all()
                .map(|remark| RemarkRow { text: texts.say(remark.key()), rows: report.remarks.rows(remark) })
                .collect(),
            pictures_left: report.pictures_left,
        })),
        Err(ImportError::Mistakes(mistakes)) => Err(Problem::fields(faults(texts, &mistakes))),
        Err(ImportError::Denied(denied)) => Err(denied.into()),
        Err(ImportError::Store(error)) => Err(error.into()),
        Err(error @ (ImportError::Money(_) | ImportError::DemoEnded)) => {
            Err(Failure::Internal(error.to_string()).into())
        }
    }
}

fn faults(texts: &Texts, mistakes: &Mistakes) -> Vec<Fault> {
    let fault = |mistake: &Mistake| {
        let values = mistake.problem.values();
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
        let row = mistake.row.map_or_else(String::new, |row| format!(" row {row}"));
        let column = mistake.column.map_or_else(String::new, |column| format!(", {column}"));
        let text = texts.say_with(mistake.problem.key(), &values);
        Fault::of(texts, &format!("file{row}{column}"), &text)
    };
    mistakes.shown().iter().map(fault).collect()
}
