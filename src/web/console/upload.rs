//! Files that come with a form (`multipart/form-data`), within limits.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request, Uri};
use multer::{Constraints, Multipart, SizeLimit};

use crate::catalog::MOST_PICTURE_BYTES;
use crate::catalog::import::MOST_BYTES;
use crate::web::{Failure, FormError, csrf};

/// The most pictures of one upload.
pub const MOST_PICTURES: usize = 100;
/// The most bytes of one upload, all files together: 40 MB.
pub const MOST_UPLOAD: u64 = 40_000_000;

/// What was uploaded.
#[derive(Default)]
pub struct Upload {
    /// The file of products; empty if none was chosen.
    pub file: Vec<u8>,
    /// What it is called, without folders.
    pub file_name: String,
    /// Pictures by their file names, without folders.
    pub pictures: BTreeMap<String, Vec<u8>>,
}

/// Reads the upload. The token is the form's first field: nothing is taken before `believe` has seen it.
pub async fn read(
    request: Request<Body>,
    believe: impl Fn(&str, (&HeaderMap, &Uri)) -> Result<(), Failure>,
) -> Result<Upload, Failure> {
    take(request, Some(believe)).await
}

/// Reads an upload that no browser sent: whoever sends it has shown a token of another kind.
pub async fn read_from_program(request: Request<Body>) -> Result<Upload, Failure> {
    take(request, None::<fn(&str, (&HeaderMap, &Uri)) -> Result<(), Failure>>).await
}

async fn take(
    request: Request<Body>,
    believe: Option<impl Fn(&str, (&HeaderMap, &Uri)) -> Result<(), Failure>>,
) -> Result<Upload, Failure> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| FormError::NotAForm)?;
    let most = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let sizes = SizeLimit::new()
        .whole_stream(MOST_UPLOAD)
        .for_field(csrf::FIELD, 200)
        // One byte more, so that the import itself can say that the file is too large.
        .for_field("file", most(MOST_BYTES).saturating_add(1))
        .for_field("pictures", most(MOST_PICTURE_BYTES).saturating_add(1));
    let allowed = vec![csrf::FIELD, "file", "pictures"];
    let constraints = Constraints::new().allowed_fields(allowed).size_limit(sizes);
    let stream = body.into_data_stream();
    let mut multipart = Multipart::with_constraints(stream, boundary, constraints);
    let (mut upload, mut believed) = (Upload::default(), believe.is_none());
    while let Some(field) = multipart.next_field().await.map_err(refused)? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(plain_name).unwrap_or_default();
        if let Some(believe) = believe.as_ref().filter(|_| name == csrf::FIELD && !believed) {
            let sent = field.text().await.map_err(refused)?;
            believe(&sent, (&parts.headers, &parts.uri))?;
            believed = true;
            continue;
        }
        if !believed {
            return Err(csrf::CsrfError::WrongToken.into());
        }
        let bytes = field.bytes().await.map_err(refused)?;
        match name.as_str() {
            _ if file_name.is_empty() && bytes.is_empty() => {}
            "file" if upload.file.is_empty() => {
                upload.file = bytes.to_vec();
                upload.file_name = file_name;
            }
            "pictures" if upload.pictures.len() < MOST_PICTURES => {
                if upload.pictures.insert(file_name, bytes.to_vec()).is_some() {
                    return Err(FormError::Twice.into());
                }
            }
            "pictures" => return Err(FormError::TooLarge.into()),
            _ => return Err(FormError::Twice.into()),
        }
    }
    if believed { Ok(upload) } else { Err(csrf::CsrfError::WrongToken.into()) }
}

/// The last part of a file's name as some browsers send it with its folders, at most 100 characters.
fn plain_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(100).collect()
}

fn refused(error: multer::Error) -> Failure {
    match error {
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            FormError::TooLarge.into()
        }
        multer::Error::UnknownField { .. } | multer::Error::NoBoundary => FormError::NotAForm.into(),
        multer::Error::StreamReadFailed(_) | multer::Error::IncompleteStream => FormError::CutOff.into(),
        _ => FormError::Encoding.into(),
    }
}
