//! Signs receipts, and shows the public keys.

use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::key::SigningKey;
use super::store;
use crate::db::{self, Db};
use crate::secrets::{self, Keys};

/// The type of what is signed, in its header.
const TYPE: &str = "segment-export-receipt+jws";

/// Tries to replace a key, while others do so too.
const REPLACE_TRIES: usize = 10;

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Sealed(#[from] secrets::Error),
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// Signs a document: a JWS in its compact form (RFC 7515). The first time, the key is made.
pub async fn sign(db: &Db, keys: &Keys, document: &impl Serialize) -> Result<String, Error> {
    let key = current(db, keys).await?;
    let private = key.open(keys)?.ok_or(secrets::Error::Broken)?;
    let mut header = Header::new(Algorithm::EdDSA);
    (header.typ, header.kid) = (Some(TYPE.to_owned()), Some(key.id.to_string()));
    jsonwebtoken::encode(&header, document, &private).map_err(|error| Error::Fault(error.into()))
}

async fn current(db: &Db, keys: &Keys) -> Result<SigningKey, Error> {
    if let Some(key) = store::current(&mut db.read().await?).await? {
        return Ok(key);
    }
    let mut tx = db.write().await?;
    store::insert(&mut tx, &SigningKey::make(keys, db::now())?).await?;
    let key = store::current(&mut tx).await?.ok_or(sqlx::Error::RowNotFound)?;
    tx.commit().await?;
    Ok(key)
}

/// Makes a new key. What the old one signed can still be verified, and nothing new can be signed with it.
pub async fn renew(db: &Db, keys: &Keys) -> Result<SigningKey, Error> {
    replace(db, keys, None).await
}

/// Revokes a key for good: nobody may trust any more what it signed. When it is the one that signs, a new one is made.
/// Returns the key that signs; `None`: there is no key with this id.
pub async fn revoke(db: &Db, keys: &Keys, id: Uuid) -> Result<Option<SigningKey>, Error> {
    let known = store::all(&mut db.read().await?).await?;
    let Some(key) = known.into_iter().find(|key| key.id == id) else { return Ok(None) };
    if key.is_current {
        return replace(db, keys, Some(id)).await.map(Some);
    }
    let mut tx = db.write().await?;
    store::revoke(&mut tx, id, db::now()).await?;
    tx.commit().await?;
    current(db, keys).await.map(Some)
}

/// Retires the key that signs, revokes another one if asked to, and makes a new key, in one transaction.
///
/// Of two that do so at once, one waits for the other, whose key it does not see. Then it begins again, and retires
/// that one too: so each has made a key, and one of them signs.
async fn replace(db: &Db, keys: &Keys, revoked: Option<Uuid>) -> Result<SigningKey, Error> {
    for _ in 0..REPLACE_TRIES {
        let (new, mut tx) = (SigningKey::make(keys, db::now())?, db.write().await?);
        store::retire(&mut tx, new.created_utc).await?;
        if let Some(id) = revoked {
            store::revoke(&mut tx, id, new.created_utc).await?;
        }
        if store::insert(&mut tx, &new).await? {
            tx.commit().await?;
            return Ok(new);
        }
    }
    Err(Error::Fault(anyhow::anyhow!("other programs make new keys at the same time")))
}

/// Every public key, as a JSON Web Key Set (RFC 7517). Revoked ones stand apart, so that a program that knows nothing
/// of revocations does not trust them.
pub async fn public_keys(db: &Db, keys: &Keys) -> Result<Value, Error> {
    current(db, keys).await?;
    let all = store::all(&mut db.read().await?).await?;
    let (revoked, trusted): (Vec<_>, Vec<_>) =
        all.iter().partition(|key| key.revoked_utc.is_some());
    let jwks = |keys: Vec<&SigningKey>| keys.into_iter().map(SigningKey::jwk).collect::<Vec<_>>();
    Ok(json!({"keys": jwks(trusted), "revoked": jwks(revoked)}))
}
