//! Uploads in other forms than commas and UTF-8: read when their sender says how they are written, and named when not.

use std::io::Write;

use encoding_rs::WINDOWS_1257;

use super::*;
use crate::storage::{Delimiter, Encoding, UploadForm};

/// Latvian Excel: semicolons, Windows-1257, decimal commas.
fn shop() -> Vec<u8> {
    let text = "CustomerId;Pilsēta;Summa\r\n1;Rēzekne;12,50\r\n2;\"Rīga; vecpilsēta\";0,5\r\n";
    WINDOWS_1257.encode(text).0.into_owned()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn form(media: Media) -> UploadForm {
    media.into()
}

fn baltic() -> Encoding {
    WINDOWS_1257.into()
}

async fn send_as(form: UploadForm, body: Vec<u8>) -> Result<Vec<Row>, String> {
    let (_folder, storage) = storage();
    let body = stream::iter([Ok::<_, Infallible>(Bytes::from(body))]);
    let received = storage.receive("tests", form, body, &LIMITS).await;
    let received = received.map_err(|error| error.to_string())?;
    let names: Vec<&str> = received.fields.iter().map(|field| field.name.as_str()).collect();
    Ok(rows(&storage, &received, &names).await)
}

#[tokio::test]
async fn text_is_read_as_its_sender_says() {
    let semicolons: Delimiter = ";".to_owned().try_into().unwrap();
    let tabs: Delimiter = "\t".to_owned().try_into().unwrap();
    let utf16le: Encoding = "utf-16le".to_owned().try_into().unwrap();
    let csv = form(Media::Csv);
    let excel = UploadForm { delimiter: Some(semicolons), encoding: Some(baltic()), ..csv.clone() };
    let shop_rows = [row(["1", "Rēzekne", "12,50"]), row(["2", "Rīga; vecpilsēta", "0,5"])];
    assert_eq!(send_as(excel.clone(), shop()).await.unwrap(), shop_rows);
    let excel_again = excel.clone();
    let packed = UploadForm { is_gzip: true, ..excel };
    assert_eq!(send_as(packed, gzip(&shop())).await.unwrap(), shop_rows);

    let ends = [&shop()[..], b";;\r\n;;\r\n\r\n"].concat();
    assert_eq!(send_as(excel_again, ends).await.unwrap(), shop_rows, "Excel's empty rows");

    let lines = "{\"CustomerId\":\"1\",\"City\":\"Rīga\"}\n";
    for (form, body) in [
        (csv.clone(), utf16("\u{feff}CustomerId,City\n1,Rīga\n")),
        (UploadForm { encoding: Some(utf16le), ..csv.clone() }, utf16("CustomerId,City\n1,Rīga\n")),
        (
            UploadForm { delimiter: Some(tabs), ..csv },
            b"CustomerId\tCity\n1\tR\xc4\xabga\n".to_vec(),
        ),
        (form(Media::Ndjson), utf16(&format!("\u{feff}{lines}"))),
        (UploadForm { is_gzip: true, ..form(Media::Ndjson) }, gzip(lines.as_bytes())),
    ] {
        assert_eq!(send_as(form.clone(), body).await.unwrap(), [row(["1", "Rīga"])], "{form:?}");
    }
    let packed = UploadForm { is_gzip: true, ..form(Media::Parquet) };
    assert_eq!(send_as(packed, gzip(&members(2))).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_written_otherwise_is_named_with_what_to_do() {
    let packed = UploadForm { is_gzip: true, ..form(Media::Csv) };
    let mut cut = gzip(&shop());
    cut.truncate(cut.len() / 2);
    for (form, body, expected) in [
        (
            form(Media::Csv),
            b"CustomerId;City\n1;R\xeezekne\n".to_vec(),
            "line 1: the text is not UTF-8, and seems to be separated by semicolons; save the file as \"CSV UTF-8\", \
             or add `?charset=windows-1257&delimiter=%3B` to the address",
        ),
        (
            form(Media::Csv),
            b"Klients;Pils\xe7ta\n1;Riga\n".to_vec(),
            "add `?charset=windows-1257&delimiter=%3B` to the address",
        ),
        (
            form(Media::Csv),
            b"CustomerId;City\n1;Riga\n".to_vec(),
            "line 1: the file seems to be separated by semicolons; add `?delimiter=%3B`",
        ),
        (
            form(Media::Csv),
            b"Nr,Email,City\n1,a@b.lv,Riga\n2,c@d.lv,Riga\n3,,Ogre\n".to_vec(),
            "a customer. In the first 3 lines column 1 has a value in each, and none twice",
        ),
        (
            form(Media::Csv),
            b"Nr,Email,City\n1,a@b.lv,Riga\n2,c@d.lv,Riga\n".to_vec(),
            "In the first 2 lines columns 1 and 2 have a value in each, and none twice",
        ),
        (
            form(Media::Csv),
            b"CustomerId,City\n1,Riga\n,\n2,Ogre\n".to_vec(),
            "line 3: the line is blank, or has only delimiters",
        ),
        (
            form(Media::Csv),
            b"CustomerId,City\n1,R\xeezekne\n".to_vec(),
            "line 2: the text is not UTF-8; save the file as \"CSV UTF-8\", or add `?charset=windows-1257`",
        ),
        (
            UploadForm { delimiter: Delimiter::try_from(";".to_owned()).ok(), ..form(Media::Csv) },
            b"CustomerId;City\n1;R\xeezekne\n".to_vec(),
            "line 2: the text is not UTF-8; save the file as \"CSV UTF-8\", or add `&charset=windows-1257`",
        ),
        (
            UploadForm { encoding: Some(baltic()), ..form(Media::Csv) },
            b"CustomerId;City\n1;R\xeezekne\n".to_vec(),
            "line 1: the file seems to be separated by semicolons; add `&delimiter=%3B`",
        ),
        (
            UploadForm { delimiter: Delimiter::try_from(",".to_owned()).ok(), ..form(Media::Csv) },
            b"CustomerId;City\n1;Riga\n".to_vec(),
            "line 1: the file seems to be separated by semicolons; write `delimiter=%3B` in",
        ),
        (form(Media::Ndjson), b"{\"CustomerId\":\"\xee\"}".to_vec(), "`?charset=windows-1257`"),
        (
            form(Media::Csv),
            gzip(&shop()),
            "this is gzip data: send it with the header `Content-Encoding: gzip`",
        ),
        (form(Media::Parquet), gzip(&members(1)), "this is gzip data"),
        (
            form(Media::Csv),
            b"sep=;\nCustomerId;City\n1;a\n".to_vec(),
            "line 1: this line tells Excel",
        ),
        (
            UploadForm { encoding: Some(baltic()), ..form(Media::Csv) },
            "CustomerId,City\n1,Rīga\n".into(),
            "the text is UTF-8, and would become another one; leave out `charset`",
        ),
        (packed.clone(), shop(), "the body is not gzip data"),
        (packed.clone(), cut, "the gzip data is cut short or damaged"),
        (packed.clone(), gzip(&vec![b' '; 65 << 20]), "larger than 67108864 bytes"),
        (
            packed,
            gzip(b"PK\x03\x04 xl/workbook.xml"),
            "this is an Excel workbook: save it as \"CSV UTF-8\"",
        ),
        (form(Media::Parquet), b"PARE\x01\x02PARE".to_vec(), "encrypted"),
        (form(Media::Parquet), b"CustomerId,Email\n".to_vec(), "not a complete Parquet file"),
        (form(Media::Csv), members(1), "this is a Parquet file: send it as"),
        (
            form(Media::Csv),
            b"customerid,Email\n1,a\n".to_vec(),
            "It has \"customerid\", which differs in upper and lower case only.",
        ),
    ] {
        let error = send_as(form, body).await.unwrap_err();
        assert!(error.contains(expected), "{error}\nlacks: {expected}");
    }
}
