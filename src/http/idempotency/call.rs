//! `Idempotency-Key`: a POST that creates, sent twice, creates once and answers the same.
//!
//! The key is written in the transaction that creates, so both happen or neither does. Of two calls at
//! the same moment the second one finds the key in use, and sends the answer of the first.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::future::{Ready, ready};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::answer::Answer;
use super::store;
use crate::app::App;
use crate::db::{self, WriteHandle};
use crate::http::auth::Caller;
use crate::http::problem::{Problem, ProblemKind};

/// The header, if it was sent, and the call that it belongs to.
pub struct IdempotencyKey {
    key: Option<String>,
    call: String,
}

/// One creating call of one caller.
pub struct Idempotent {
    instance: Uuid,
    subject: String,
    key: Option<String>,
    request_hash: String,
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let call = format!("{} {}", request.method(), request.path());
        let header = request
            .headers()
            .get("Idempotency-Key")
            .map(actix_web::http::header::HeaderValue::as_bytes);
        ready(match header {
            None => Ok(Self { key: None, call }),
            Some(key) if (1..=255).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic) => {
                Ok(Self { key: Some(String::from_utf8_lossy(key).into_owned()), call })
            }
            Some(_) => Err(Problem::new(
                ProblemKind::InvalidRequest,
                "`Idempotency-Key` is not valid. Send 1 to 255 visible ASCII characters.",
            )),
        })
    }
}

impl Idempotent {
    /// The call of `caller` with a body of this digest.
    #[must_use]
    pub fn new<R>(caller: &Caller<R>, key: IdempotencyKey, body_digest: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(key.call).chain_update(body_digest).finalize();
        Self {
            instance: caller.instance,
            subject: caller.subject().to_owned(),
            key: key.key,
            request_hash: BASE64_STANDARD.encode(hash),
        }
    }

    /// Runs `create` in a transaction, commits it together with its answer, and returns what it created. If another
    /// call used the key first, creates nothing and sends the answer of that call.
    pub async fn create<T>(
        &self,
        app: &App,
        create: impl AsyncFnOnce(&mut WriteHandle) -> Result<(Answer, T), Problem>,
    ) -> Result<(HttpResponse, Option<T>), Problem> {
        if let Some(answer) = self.replay(app).await? {
            return Ok((answer, None));
        }
        let mut tx = app.db.write().await?;
        if !self.begin(&mut tx).await? {
            drop(tx);
            return Ok((self.answer_of_the_other(app).await?, None));
        }
        let (answer, made) = create(&mut tx).await?;
        Ok((self.finish(tx, answer).await?, Some(made)))
    }

    /// The answer of an earlier call with the same key, if there was one. `create` calls this; a handler with costly
    /// checks calls it before them.
    pub async fn replay(&self, app: &App) -> Result<Option<HttpResponse>, Problem> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let mut tx = app.db.read().await?;
        let kept = store::get(&mut tx, self.instance, &self.subject, key).await?;
        let Some((request_hash, answer)) = kept else {
            return Ok(None);
        };
        if request_hash != self.request_hash {
            return Err(Problem::new(
                ProblemKind::IdempotencyKeyReused,
                "This key was used with a different request. Send a new key, or repeat the first request unchanged.",
            ));
        }
        let mut response = answer.respond();
        response.headers_mut().insert(
            actix_web::http::header::HeaderName::from_static("idempotency-replayed"),
            actix_web::http::header::HeaderValue::from_static("true"),
        );
        Ok(Some(response))
    }

    /// Claims the key in the transaction that creates. False when another call claimed it at the same
    /// moment: roll back and `replay`.
    async fn begin(&self, tx: &mut WriteHandle) -> Result<bool, Problem> {
        let Some(key) = &self.key else {
            return Ok(true);
        };
        match store::insert(tx, self.instance, &self.subject, key, &self.request_hash, db::now())
            .await
        {
            Ok(()) => Ok(true),
            Err(error) if db::is_unique_violation(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the answer and commits.
    async fn finish(&self, mut tx: WriteHandle, answer: Answer) -> Result<HttpResponse, Problem> {
        if let Some(key) = &self.key {
            store::keep(&mut tx, self.instance, &self.subject, key, &answer).await?;
        }
        tx.commit().await?;
        Ok(answer.respond())
    }

    /// The answer when `begin` found that another call claimed the key.
    async fn answer_of_the_other(&self, app: &App) -> Result<HttpResponse, Problem> {
        self.replay(app).await?.ok_or_else(|| {
            Problem::new(
                ProblemKind::Unavailable,
                "Another call with this key is still active. Try again in a second.",
            )
            .retry_after(1)
        })
    }
}
