//! The hash of an address, by which rows of one person are found again without the address.
//!
//! It is keyed, because a plain hash of an address is found out by trying. Without a key of the operator there is none.
//! Each instance has a key of its own, derived from that one, so that nobody joins the people of two customers.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Makes the hashes of one instance.
#[derive(Clone)]
pub struct AddressHasher(Hmac<Sha256>);

impl AddressHasher {
    /// With the key of the operator, of any length.
    pub fn new(key: &[u8], instance: Uuid) -> Self {
        let mut derived = keyed(key);
        derived.update(instance.to_string().as_bytes());
        Self(keyed(&derived.finalize().into_bytes()))
    }

    /// 64 hex digits; the same for an address in whatever capitals, with or without blanks around it.
    pub fn hash(&self, address: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(address.trim().to_lowercase().as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    KeyInit::new_from_slice(key).expect("HMAC has keys of every length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_hash_in_an_instance_and_another_in_the_next() {
        let hasher = |instance| AddressHasher::new(&[7; 32], Uuid::from_u128(instance));
        let hash = hasher(1).hash("ann@example.com");
        // python3: key = hmac.digest(bytes([7]) * 32, str(uuid.UUID(int=1)).encode(), "sha256");
        // hmac.new(key, b"ann@example.com", "sha256").hexdigest()
        assert_eq!(hash, "bb2036fc78096ab8fc32099edaab9b263bb3ca9774fb73f2c56f98caf58c7611");
        assert_eq!(hasher(1).hash(" Ann@Example.COM "), hash);
        assert_ne!(hasher(2).hash("ann@example.com"), hash);
    }
}
