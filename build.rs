//! Builds the program anew when the console has been built: its files are a part of the program.

fn main() {
    println!("cargo:rerun-if-changed=console/dist");
}
