//! A function's configuration: the `Environment` its template entry gives it, and nothing else.

use std::collections::BTreeMap;

/// The variables that `template.yaml` sets for one function. On AWS they come from the process; the local
/// gateway hands each function its own, so that a variable missing in the template is missing here too.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The template gives this function no such variable.
    #[error("the environment variable {0} is not set")]
    Missing(String),
    /// The variable is there, and cannot be used.
    #[error("the environment variable {name} {problem}")]
    Invalid {
        /// The variable's name.
        name: String,
        /// What is wrong with its value, which is not repeated: it may be a secret.
        problem: String,
    },
}

impl StartError {
    /// The template gives this function no `name`.
    pub fn missing(name: &str) -> Self {
        Self::Missing(name.to_owned())
    }

    /// The value of `name` has this `problem`.
    pub fn invalid(name: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { name: name.to_owned(), problem: problem.into() }
    }
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        std::env::vars().collect()
    }

    /// A variable that the function cannot do without.
    pub fn required(&self, name: &str) -> Result<&str, StartError> {
        self.optional(name).ok_or_else(|| StartError::missing(name))
    }

    /// A variable that may be absent; an empty one counts as absent, since a template cannot leave one out.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}
