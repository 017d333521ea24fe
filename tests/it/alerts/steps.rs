//! A receiver of webhooks that says when its sender is at a certain step, so that a test kills it right there.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Where a sender is with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It has claimed the message, and nothing of it has left.
    Claimed,
    /// The receiver has the message, and has not answered.
    Sent,
    /// The answer is on its way: it may be written or not.
    Answered,
    /// The outcome of some messages is written, because a channel gets no more than eight at a time.
    Written,
}

/// Messages of a channel that are tried at a time.
const AT_A_TIME: usize = 8;

#[derive(Default)]
struct State {
    step: Option<Step>,
    reached: Arc<Notify>,
    /// Messages that have come since the step was chosen.
    come: usize,
    messages: Vec<(String, String)>,
}

#[derive(Clone)]
pub struct StepReceiver {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Step {
    pub const ALL: [Self; 4] = [Self::Claimed, Self::Sent, Self::Answered, Self::Written];
}

impl StepReceiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let own = Self { url, state: Arc::default() };
        let accepting = own.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(socket));
            }
        });
        own
    }

    /// From now on nothing is answered beyond this step; `None`: everything is. What it returns is notified when a
    /// sender is there.
    pub fn stop_at(&self, step: Option<Step>) -> Arc<Notify> {
        let mut state = self.state.lock().unwrap();
        (state.step, state.come, state.reached) = (step, 0, Arc::default());
        state.reached.clone()
    }

    /// Ids and bodies of the messages that have come, in their order.
    pub fn messages(&self) -> Vec<(String, String)> {
        self.state.lock().unwrap().messages.clone()
    }

    /// Whether a sender is at this step; who waits for that is notified.
    fn is_at(&self, step: Step) -> bool {
        let state = self.state.lock().unwrap();
        let is_at = state.step == Some(step) && (step != Step::Written || state.come > AT_A_TIME);
        if is_at {
            state.reached.notify_one();
        }
        is_at
    }

    async fn serve(self, socket: TcpStream) {
        let (read, mut write) = socket.into_split();
        let mut read = BufReader::new(read);
        if self.is_at(Step::Claimed) {
            return until_closed(read).await;
        }
        while let Some(message) = message(&mut read).await {
            {
                let mut state = self.state.lock().unwrap();
                state.come += 1;
                state.messages.push(message);
            }
            if self.is_at(Step::Sent) || self.is_at(Step::Written) {
                return until_closed(read).await;
            }
            if write.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                return;
            }
            self.is_at(Step::Answered);
        }
    }
}

async fn until_closed(mut read: impl AsyncReadExt + Unpin) {
    let mut rest = vec![];
    read.read_to_end(&mut rest).await.ok();
}

/// The id and the body of the next message; `None`: the connection is closed.
async fn message(read: &mut (impl AsyncBufReadExt + Unpin)) -> Option<(String, String)> {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if read.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("webhook-id") => id = value.to_owned(),
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.ok()?;
    Some((id, String::from_utf8(body).ok()?))
}
