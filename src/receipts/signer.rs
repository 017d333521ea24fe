//! Signs receipts, and shows the public keys.

use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;
use serde_json::{Value, json};

use super::key::SigningKey;
use super::store;
use crate::db::{self, Db};
use crate::secrets::{self, Keys};

/// The type of what is signed, in its header.
const TYPE: &str = "segment-export-receipt+jws";

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
    let (new, mut tx) = (SigningKey::make(keys, db::now())?, db.write().await?);
    store::retire(&mut tx, db::now()).await?;
    store::insert(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(new)
}

/// Every public key, as a JSON Web Key Set (RFC 7517).
pub async fn public_keys(db: &Db, keys: &Keys) -> Result<Value, Error> {
    current(db, keys).await?;
    let all = store::all(&mut db.read().await?).await?;
    Ok(json!({"keys": all.iter().map(SigningKey::jwk).collect::<Vec<_>>()}))
}
