//! Keys of Ed25519 (RFC 8032), as 32 random bytes.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};

/// What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410, section 7).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The key in the form that signs tokens.
#[must_use]
pub fn encoding_key(seed: &[u8]) -> EncodingKey {
    EncodingKey::from_ed_der(&[PKCS8.as_slice(), seed].concat())
}

/// The public key, as `x` of a JSON Web Key: base64url.
pub fn public_key(seed: &[u8]) -> anyhow::Result<String> {
    let public = Jwk::from_encoding_key(&encoding_key(seed), Algorithm::EdDSA)?;
    let public = serde_json::to_value(public)?["x"].as_str().unwrap_or_default().to_owned();
    anyhow::ensure!(!public.is_empty(), "the public key of a new key is unknown");
    Ok(public)
}

/// The signature of a message: 64 bytes.
pub fn sign(seed: &[u8], message: &[u8]) -> anyhow::Result<Vec<u8>> {
    let signature = crypto::sign(message, &encoding_key(seed), Algorithm::EdDSA)?;
    Ok(BASE64_URL_SAFE_NO_PAD.decode(signature)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect()
    }

    /// The second test of RFC 8032, 7.1.
    #[test]
    fn key_and_signature_are_those_of_the_standard() {
        let seed = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let public = BASE64_URL_SAFE_NO_PAD.decode(public_key(&seed).unwrap()).unwrap();
        assert_eq!(
            public,
            bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        );
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613\
             d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(sign(&seed, &[0x72]).unwrap(), bytes(signature));
    }
}
