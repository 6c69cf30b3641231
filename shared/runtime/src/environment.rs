//! A function's configuration: the environment variables that its template entry sets, and no
//! others.

use std::collections::BTreeMap;

/// The variables that `template.yaml` sets for one function. On AWS they are the variables of the
/// process. The local gateway gives each function its own set, so a variable that is missing in the
/// template is missing locally too.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A required variable is not set.
    #[error("the environment variable {0} is not set")]
    Missing(String),
    /// The variable is set, but its value cannot be used.
    #[error("the environment variable {name} {problem}")]
    Invalid {
        /// The variable's name.
        name: String,
        /// What is wrong with the value. It does not contain the value, which may be a secret.
        problem: String,
    },
}

impl StartError {
    /// The error for a required variable `name` that is not set.
    pub fn missing(name: &str) -> Self {
        Self::Missing(name.to_owned())
    }

    /// The error for a variable `name` whose value has this `problem`.
    pub fn invalid(name: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { name: name.to_owned(), problem: problem.into() }
    }
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        std::env::vars().collect()
    }

    /// A required variable. Returns an error if it is not set or empty.
    pub fn required(&self, name: &str) -> Result<&str, StartError> {
        self.optional(name).ok_or_else(|| StartError::missing(name))
    }

    /// A required variable that is a whole number.
    pub fn number<N: std::str::FromStr>(&self, name: &str) -> Result<N, StartError> {
        self.required(name)?.parse().map_err(|_| StartError::invalid(name, "is not a whole number in range"))
    }

    /// An optional variable. An empty one counts as not set, because a template cannot leave a
    /// variable out.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}
