//! What a browser sees while there is no client to show. Plain: the policy allows no style that is not a file.

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use http_body_util::Full;

use super::page;

/// Comes back by itself until the pages are there.
pub(super) fn building() -> Response<Full<Bytes>> {
    let words = "The pages are being built; the API answers already. This takes a few seconds, the first time up to a \
                 minute, and this page then shows them by itself.";
    let mut response = page(html("Almost there", words));
    response.headers_mut().insert("refresh", HeaderValue::from_static("1"));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Says what helps.
pub(super) fn absent(why: &str) -> Response<Full<Bytes>> {
    page(html("The pages are not here", &format!("{why} The API answers as usual.")))
}

fn html(title: &str, words: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <h1>{title}</h1><p>{words}</p></html>\n"
    )
}
