//! Signatures by Standard Webhooks 1.0: of the id, the time of the try, and the body.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::channel::SignatureScheme;
use crate::ed25519;

/// Before the secret of HMAC, before a private and a public key of Ed25519.
const HMAC_PREFIX: &str = "whsec_";
const PRIVATE_PREFIX: &str = "whsk_";
const PUBLIC_PREFIX: &str = "whpk_";
/// Random bytes of a secret; the standard has 24 to 64.
const SECRET_BYTES: usize = 32;

/// What signs messages, as it is written.
#[derive(Clone, Debug)]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// A new one, and its public key where there is one.
    pub fn make(scheme: SignatureScheme) -> anyhow::Result<(Self, Option<String>)> {
        let bytes: [u8; SECRET_BYTES] = rand::random();
        let text = BASE64_STANDARD.encode(bytes);
        Ok(match scheme {
            SignatureScheme::HmacSha256 => (Self(format!("{HMAC_PREFIX}{text}").into()), None),
            SignatureScheme::Ed25519 => {
                let public = BASE64_URL_SAFE_NO_PAD.decode(ed25519::public_key(&bytes)?)?;
                let public = format!("{PUBLIC_PREFIX}{}", BASE64_STANDARD.encode(public));
                (Self(format!("{PRIVATE_PREFIX}{text}").into()), Some(public))
            }
        })
    }

    /// Back from where it was sealed.
    #[must_use]
    pub(super) const fn trusted(secret: SecretString) -> Self {
        Self(secret)
    }

    /// As its owner gets it, once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The signature of a message, with its version in front.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> anyhow::Result<String> {
        let signed = format!("{id}.{timestamp}.{body}");
        let text = self.expose();
        if let Some(key) = text.strip_prefix(HMAC_PREFIX) {
            let mac = Hmac::<Sha256>::new_from_slice(&BASE64_STANDARD.decode(key)?)?;
            let digest = mac.chain_update(signed).finalize().into_bytes();
            return Ok(format!("v1,{}", BASE64_STANDARD.encode(digest)));
        }
        let key = text.strip_prefix(PRIVATE_PREFIX).unwrap_or_default();
        let signature = ed25519::sign(&BASE64_STANDARD.decode(key)?, signed.as_bytes())?;
        Ok(format!("v1a,{}", BASE64_STANDARD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the libraries of the standard.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let secret = SigningSecret::trusted("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let body = r#"{"test": 2432232314}"#;
        let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_scheme_names_its_version() {
        for (scheme, version, has_public) in
            [(SignatureScheme::HmacSha256, "v1,", false), (SignatureScheme::Ed25519, "v1a,", true)]
        {
            let (secret, public) = SigningSecret::make(scheme).unwrap();
            assert!(secret.sign("a", 1, "{}").unwrap().starts_with(version));
            assert_eq!(public.is_some(), has_public);
            assert!(!format!("{secret:?}").contains("wh"), "it is not shown");
        }
    }
}
