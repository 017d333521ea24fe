//! Variables of the environment that look like settings and are none: a mistyped one would be ignored without a word.

const PREFIX: &str = "SEGMENT_EXPORT_";
/// How many letters may differ in a name that is meant.
const TYPOS_MAX: usize = 4;

/// Refuses variables that begin like a setting and are not among `known`, each with the nearest name that is.
pub fn refuse_unknown<'v>(
    known: &[String],
    variables: impl IntoIterator<Item = (&'v str, &'v str)>,
) -> anyhow::Result<()> {
    let unknown = variables.into_iter().filter(|(name, value)| {
        name.starts_with(PREFIX)
            && !known.iter().any(|known| known == name)
            && !is_of_the_platform(name, value)
    });
    let mut named: Vec<_> = unknown.map(|(name, _)| advice(name, known)).collect();
    named.sort_unstable();
    anyhow::ensure!(named.is_empty(), "{}", named.join("\n"));
    Ok(())
}

/// Kubernetes gives every pod variables for each Service, so those of a Service with our name begin as settings do; and
/// images have the commit they were built from.
fn is_of_the_platform(name: &str, value: &str) -> bool {
    let is_service = name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT");
    let is_link = name.ends_with("_PORT") && value.contains("://");
    let is_port = name.split_once("_PORT_").is_some_and(|(_, port)| {
        port.split_once('_').is_some_and(|(number, _)| number.parse::<u16>().is_ok())
    });
    is_service || is_link || is_port || name == "SEGMENT_EXPORT_COMMIT"
}

fn advice(name: &str, known: &[String]) -> String {
    let distances = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), known));
    match distances.min() {
        Some((typos, nearest)) if typos <= TYPOS_MAX => {
            format!("{name} is not a setting; did you mean {nearest}?")
        }
        _ => format!("{name} is not a setting; `segment-export serve --help` names all of them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(variables: &[(&str, &str)]) -> Option<String> {
        let known = ["SEGMENT_EXPORT_LEASE_MS", "SEGMENT_EXPORT_BIND"].map(str::to_owned);
        refuse_unknown(&known, variables.iter().copied()).err().map(|error| error.to_string())
    }

    #[test]
    fn a_mistyped_name_is_refused_with_the_nearest_that_exists() {
        let told = refusal(&[("SEGMENT_EXPORT_LAESE_MS", "1"), ("SEGMENT_EXPORT_COLOUR", "red")]);
        let told = told.unwrap();
        assert!(told.contains("SEGMENT_EXPORT_LAESE_MS is not a setting; did you mean"), "{told}");
        assert!(told.contains("did you mean SEGMENT_EXPORT_LEASE_MS?"), "{told}");
        assert!(told.contains("SEGMENT_EXPORT_COLOUR is not a setting; `segment-export"), "{told}");
    }

    #[test]
    fn settings_and_the_variables_of_others_and_of_kubernetes_are_accepted() {
        let variables = [
            ("SEGMENT_EXPORT_LEASE_MS", "1000"),
            ("OTEL_SERVICE_NAME", "exports"),
            ("PATH", "/bin"),
            ("SEGMENT_EXPORT_COMMIT", "abc"),
            ("SEGMENT_EXPORT_SERVICE_HOST", "10.0.0.1"),
            ("SEGMENT_EXPORT_SERVICE_PORT_HTTP", "8080"),
            ("SEGMENT_EXPORT_PORT", "tcp://10.0.0.1:8080"),
            ("SEGMENT_EXPORT_API_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ];
        assert_eq!(refusal(&variables), None);
    }
}
