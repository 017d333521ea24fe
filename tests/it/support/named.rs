//! Whether the values that the sentence of an error names stand beside it, so that a front end can say it in its own
//! words. Every problem that a test gets is asked.

use serde_json::Value;

/// A number or a quoted name in a sentence, where no value of its error has it.
pub fn unnamed(problem: &Value) -> Option<String> {
    problem["errors"].as_array().into_iter().flatten().find_map(unnamed_in)
}

fn unnamed_in(error: &Value) -> Option<String> {
    let values: Vec<_> =
        error["params"].as_object().into_iter().flatten().map(|(_, one)| shown(one)).collect();
    let said = without_code(error["message"].as_str()?);
    // What a person has in a field is no value: who may read the code need not be allowed to read the profile.
    let names = if error["code"] == "invalidMember" { vec![] } else { names(&said) };
    let is_there = |found: &String| values.iter().any(|value| value.contains(&**found));
    names.into_iter().chain(numbers(&said)).find(|found| !is_there(found))
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| format!("{text} {text:?}"))
}

/// What stands in backticks are words of the contract, the same in every language.
fn without_code(message: &str) -> String {
    message.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

fn names(said: &str) -> Vec<String> {
    let curly = said.split('“').skip(1).filter_map(|rest| Some(rest.split_once('”')?.0));
    let straight = said.split('"').skip(1).step_by(2);
    curly.chain(straight).map(str::to_owned).collect()
}

/// Digits that belong to no word, such as UTF-8.
fn numbers(said: &str) -> Vec<String> {
    let words = said.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
    let numbers = words.filter(|word| word.starts_with(|letter: char| letter.is_ascii_digit()));
    numbers
        .map(|word| word.trim_end_matches(|letter: char| !letter.is_ascii_digit()).to_owned())
        .collect()
}

#[test]
fn a_name_or_a_number_without_a_value_is_found() {
    let with = |message: &str, params: Value| {
        unnamed(
            &serde_json::json!({"errors": [{"code": "tooMany", "message": message, "params": params}]}),
        )
    };
    let max = serde_json::json!({"max": 20});
    assert_eq!(with("There are at most 20.", max.clone()), None);
    assert_eq!(with("There are at most 30 in UTF-8.", max.clone()).as_deref(), Some("30"));
    assert_eq!(with("There is no “Mail”, only `x7`.", max).as_deref(), Some("Mail"));
}
