//! A complete list in one answer: `text/csv` or `application/x-ndjson`, by `Accept`. JSON comes in pages.
//!
//! Rows are read a thousand at a time while the caller reads them, so memory does not grow with the list.

use actix_web::http::header::ACCEPT;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use serde::Serialize;

use super::paging::{Page, Position};
use super::problem::{Problem, ProblemKind};

/// Rows read at a time for a download.
const STREAM_ROWS: i64 = 1000;
/// The first characters of a formula in spreadsheets.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The content type of the answer.
pub enum Offer {
    /// One page, as everywhere.
    Json,
    /// The complete list, RFC 4180.
    Csv,
    /// The complete list, one JSON object per line.
    Ndjson,
}

impl Offer {
    /// The first accepted form that is offered.
    pub fn accepted(request: &HttpRequest) -> Result<Self, Problem> {
        let accept =
            request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
        let types = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
        for accepted in types {
            match accepted {
                "application/json" | "application/*" | "*/*" => return Ok(Self::Json),
                "text/csv" | "text/*" => return Ok(Self::Csv),
                "application/x-ndjson" => return Ok(Self::Ndjson),
                _ => {}
            }
        }
        Err(Problem::new(
            ProblemKind::NotAcceptable,
            "None of the types in `Accept` is available. Send application/json, text/csv or application/x-ndjson.",
        ))
    }
}

/// A list that callers get in pages or as a whole.
pub struct Listing<R, V, P, Read> {
    /// Reads so many rows after a position.
    pub read: Read,
    pub position: fn(&R) -> P,
    pub csv_header: &'static str,
    pub csv_fields: fn(V) -> Vec<String>,
}

impl<R, V, P, Read, Rows> Listing<R, V, P, Read>
where
    R: 'static,
    V: From<R> + Serialize + 'static,
    P: Position + Copy + 'static,
    Read: Fn(Option<P>, i64) -> Rows + 'static,
    Rows: Future<Output = Result<Vec<R>, Problem>> + 'static,
{
    /// The list in the form that the caller accepts. Nothing goes out before `record` has noted the form and, of a
    /// page, the number of rows.
    pub async fn answer(
        self,
        offer: Offer,
        limit: i64,
        after: Option<P>,
        record: impl AsyncFn(&'static str, Option<usize>) -> Result<(), Problem>,
    ) -> Result<HttpResponse, Problem> {
        let Self { read, position, csv_header, csv_fields } = self;
        match offer {
            Offer::Json => {
                let rows = read(after, limit).await?;
                record("json", Some(rows.len())).await?;
                Ok(HttpResponse::Ok().json(Page::of(rows, limit, position, V::from)))
            }
            Offer::Csv => {
                record("csv", None).await?;
                let rows = rows(move |after| read(after, STREAM_ROWS), position);
                Ok(csv(csv_header, rows, csv_fields))
            }
            Offer::Ndjson => {
                record("ndjson", None).await?;
                Ok(ndjson::<V>(rows(move |after| read(after, STREAM_ROWS), position)))
            }
        }
    }
}

/// The complete list as CSV: `header`, then one line per row.
fn csv<T: 'static>(
    header: &'static str,
    rows: impl Stream<Item = Result<Vec<T>, Problem>> + 'static,
    fields: fn(T) -> Vec<String>,
) -> HttpResponse {
    let header = stream::once(async move { Ok(Bytes::from_static(header.as_bytes())) });
    let lines = rows.map_ok(move |rows| {
        rows.into_iter().map(|row| csv_line(&fields(row))).collect::<String>().into()
    });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .streaming::<_, Problem>(header.chain(lines))
}

/// The complete list as JSON objects, one per line.
fn ndjson<T: Serialize + 'static>(
    rows: impl Stream<Item = Result<Vec<T>, Problem>> + 'static,
) -> HttpResponse {
    let lines = rows.map_ok(|rows| rows.iter().map(ndjson_line).collect::<String>().into());
    HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(lines.try_filter(|bytes: &Bytes| std::future::ready(!bytes.is_empty())))
}

/// All rows in chunks: `read` gets the position of the last row of the chunk before, as `position` returns it.
fn rows<R, T, P: Copy, F: Future<Output = Result<Vec<R>, Problem>>>(
    read: impl Fn(Option<P>) -> F,
    position: fn(&R) -> P,
) -> impl Stream<Item = Result<Vec<T>, Problem>>
where
    T: From<R>,
{
    stream::try_unfold((read, Some(None)), move |(read, after)| async move {
        let Some(after) = after else { return Ok(None) };
        let rows = read(after).await?;
        let next = rows.last().map(|last| Some(position(last)));
        Ok(Some((rows.into_iter().map(T::from).collect(), (read, next))))
    })
}

fn ndjson_line(row: &impl Serialize) -> String {
    let mut line = serde_json::to_string(row).unwrap_or_default();
    line.push('\n');
    line
}

fn csv_line(fields: &[String]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| csv_field(field)).collect();
    fields.join(",") + "\r\n"
}

/// RFC 4180: a field with a comma, quote or line break stands in quotes, its quotes doubled. What a spreadsheet would
/// run as a formula gets a single quote before it, which makes it text there (OWASP, CSV injection).
fn csv_field(text: &str) -> String {
    let guard = if text.starts_with(FORMULA) { "'" } else { "" };
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{guard}{}\"", text.replace('"', "\"\""));
    }
    format!("{guard}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_with_a_comma_quote_or_line_break_stands_in_quotes() {
        assert_eq!(csv_line(&["a".into(), "b,c".into(), String::new()]), "a,\"b,c\",\r\n");
        assert_eq!(csv_field("say \"no\""), "\"say \"\"no\"\"\"");
        assert_eq!(csv_field("a\nb"), "\"a\nb\"");
    }

    #[test]
    fn what_a_spreadsheet_would_take_for_a_formula_is_a_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"] {
            assert_eq!(csv_field(text), format!("'{text}"));
        }
        assert_eq!(csv_field("\rx"), "\"'\rx\"");
        assert_eq!(csv_field("=A1,\"x\""), "\"'=A1,\"\"x\"\"\"");
        for text in ["", "a=1", "1-2", "'=1", "2026-01-02T03:04:05+00:00"] {
            assert_eq!(csv_field(text), text);
        }
    }
}
