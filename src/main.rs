//! The program: what its command line orders is in `commands`.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    segment_export::commands::run().await
}
