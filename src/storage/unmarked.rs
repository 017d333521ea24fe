//! Values that files hold as bytes: text that is not marked as text, and UUIDs.
//!
//! Only the data shows whether bytes are text; a text has no zero byte.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryViewArray, FixedSizeBinaryArray, StringArray, cast::AsArray};
use arrow_schema::{ArrowError, DataType};
use uuid::Uuid;

/// How long a UUID is, in bytes.
pub(super) const UUID_BYTES: i32 = 16;

/// Whether a column may hold text that is not marked as text.
pub(super) const fn may_be_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

/// Whether every value is text.
pub(super) fn is_text(column: &BinaryViewArray) -> bool {
    column.iter().flatten().all(|bytes| !bytes.contains(&0) && str::from_utf8(bytes).is_ok())
}

/// Bytes as the text that they are.
pub(super) fn text(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let column = column.as_binary_view();
    if !is_text(column) {
        return Err(ArrowError::CastError("the bytes are not text".into()));
    }
    let texts = column.iter().map(|bytes| bytes.and_then(|bytes| str::from_utf8(bytes).ok()));
    Ok(Arc::new(texts.collect::<StringArray>()))
}

/// UUIDs as they are usually written: `6f9619ff-8b86-d011-b42d-00cf4fc964ff`.
pub(super) fn uuids(column: &FixedSizeBinaryArray) -> ArrayRef {
    let written = |bytes: &[u8]| Some(Uuid::from_slice(bytes).ok()?.hyphenated().to_string());
    Arc::new(column.iter().map(|bytes| bytes.and_then(written)).collect::<StringArray>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_when_all_of_them_are() {
        let texts = |values: &[Option<&[u8]>]| {
            let column: ArrayRef = Arc::new(values.iter().copied().collect::<BinaryViewArray>());
            Some(
                text(&column)
                    .ok()?
                    .as_string::<i32>()
                    .iter()
                    .map(|v| v.map(str::to_owned))
                    .collect(),
            )
        };
        let read: Option<Vec<_>> = texts(&[Some("Rīga".as_bytes()), None, Some(b"")]);
        assert_eq!(read, Some(vec![Some("Rīga".to_owned()), None, Some(String::new())]));
        for bytes in [b"a\0".as_slice(), b"\xff", b"R\xeezekne"] {
            assert_eq!(texts(&[Some(b"a"), Some(bytes)]), None, "{bytes:?}");
        }
    }
}
