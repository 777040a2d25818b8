//! Findings about a data set or a submission, for people and for programs.

use crate::error::Error;
use crate::faults::{Fault, Severity};
use serde::{Deserialize, Serialize};

/// Something found in a data set or a submission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The scan; `None` for the data set as a whole.
    pub scan: Option<String>,
    /// How serious it is.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// The file or folder, if the finding is about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
}

impl Finding {
    pub(crate) fn new(scan: Option<&str>, severity: Severity, what: impl Into<String>, remedy: &str) -> Self {
        Finding { scan: scan.map(str::to_owned), severity, what: what.into(), remedy: remedy.to_owned(), path: None }
    }

    pub(crate) fn of_error(scan: Option<&str>, error: &Error) -> Self {
        let remedy = error.problem.remedy().unwrap_or("look at the file".into());
        let path = Some(error.path.display().to_string());
        Finding { path, ..Finding::new(scan, Severity::Error, error.problem.to_string(), &remedy) }
    }

    pub(crate) fn of_fault(scan: &str, fault: &Fault) -> Self {
        Finding::new(Some(scan), fault.kind.severity(), fault.to_string(), fault.kind.remedy())
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let path = self.path.iter().map(|path| format!(": {path}")).collect::<String>();
        let scan = self.scan.as_deref().unwrap_or("data set");
        // a finding is one line, whatever names of files hold
        let line = format!("{severity}: {scan}: {}; {}{path}", self.what, self.remedy);
        f.write_str(&line.replace('\n', "\\n"))
    }
}

/// A number with its noun, which is given for one and for more: `count(2, "scan|scans")` is "2 scans".
pub fn count(number: usize, noun: &str) -> String {
    let (one, more) = noun.split_once('|').unwrap_or((noun, noun));
    format!("{number} {}", if number == 1 { one } else { more })
}

/// All findings: first those about the data set as a whole, then scan by scan, errors before warnings before notes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Number of scans checked.
    pub scans: usize,
    /// The findings, sorted.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(scans: usize, mut findings: Vec<Finding>) -> Self {
        findings.sort();
        Report { scans, findings }
    }

    /// Number of findings of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// Whether there are no errors.
    pub fn is_ok(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// One line with the number of scans, errors, warnings and notes.
    pub fn summary(&self) -> String {
        let [e, w, n] = [Severity::Error, Severity::Warning, Severity::Note].map(|s| self.count(s));
        let [e, w, n] =
            [(e, "error|errors"), (w, "warning|warnings"), (n, "note|notes")].map(|(n, what)| count(n, what));
        format!("{} checked: {e}, {w}, {n}", count(self.scans, "scan|scans"))
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.findings.iter().try_for_each(|x| writeln!(f, "{x}"))?;
        f.write_str(&self.summary())
    }
}
