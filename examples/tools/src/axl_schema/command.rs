//! The command: its arguments, what it prints, its exit status.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args as ClapArgs, Parser, Subcommand};
use soap_axl::axl::Dynamic;
use soap_axl::axl::schema::{RenderError, Schema, ViolationKind};

use super::show::{Shown, show};
use crate::schema_file::{self, SchemaFileError};
use crate::terminal::{self, Color};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "axl-schema",
    version,
    about = ABOUT,
    long_about = None,
    disable_help_flag = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = AFTER_HELP
)]
struct Args {
    #[command(subcommand)]
    command: Command,

    /// AXLSoap.xsd, the folder that it is in, or a table made of it
    #[arg(
        long,
        value_name = "FILE",
        env = "AXL_SCHEMA_FILE",
        hide_env = true,
        global = true
    )]
    schema: Option<PathBuf>,

    /// Print this, or what a command takes
    // One help for both flags: the long form would put each option on lines of its own.
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort)]
    help: (),

    /// Colours; `auto` means on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Name the operations
    List(ListArgs),
    /// Print what stands in an operation
    Show(ShowArgs),
    /// Write a table, of a tenth of the size and read in a fraction of the time
    Table(TableArgs),
    /// Write Rust records for operations, in the macros of soap-axl
    Generate(GenerateArgs),
}

#[derive(Debug, ClapArgs)]
struct ListArgs {
    /// Only those whose name has this in it, in any case of letters
    #[arg(long = "match", value_name = "TEXT")]
    part: Option<String>,
}

#[derive(Debug, ClapArgs)]
struct ShowArgs {
    /// Name of the operation, for example getPhone
    operation: String,

    /// Only what stands there, by names from the operation's element on: phone/lines
    #[arg(value_name = "PATH")]
    path: Option<String>,

    /// What stands in the answer instead of the request
    #[arg(long)]
    answer: bool,

    /// How deep to go
    #[arg(
        long,
        value_name = "N",
        default_value_t = 2,
        value_parser = clap::value_parser!(u8).range(1..=16)
    )]
    depth: u8,

    /// Only what has to be there
    #[arg(long)]
    required: bool,

    /// All values that the schema lists for a text, not the first few
    #[arg(long)]
    values: bool,
}

#[derive(Debug, ClapArgs)]
struct TableArgs {
    /// Where to write it
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, ClapArgs)]
struct GenerateArgs {
    /// Operations to write records for
    #[arg(
        long = "operation",
        value_name = "NAME",
        value_delimiter = ',',
        num_args = 1..,
        required = true
    )]
    operations: Vec<String>,

    /// Where to write; else to standard output
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no schema: --schema or AXL_SCHEMA_FILE names AXLSoap.xsd; --help tells where it is")]
    NoSchema,
    #[error(transparent)]
    Schema(#[from] SchemaFileError),
    #[error("the schema has no operation {name}{}", alike(.like))]
    NoOperation { name: String, like: Vec<String> },
    #[error("{operation} has nothing at {path}")]
    NoPlace { operation: String, path: String },
    #[error("cannot write {}: {source}", path.display())]
    WriteFile { path: PathBuf, source: io::Error },
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

fn alike(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!("; there is {}", names.join(", "))
}

/// Does what the command line says: 0 if it could, 2 if not.
pub fn main() -> ExitCode {
    let args = Args::parse();
    anstream::ColorChoice::from(args.color).write_global();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let mut stderr = anstream::stderr().lock();
            // Nothing is left to do when this cannot be written either.
            let _ = writeln!(stderr, "axl-schema: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let path = args.schema.as_deref().ok_or(Failure::NoSchema)?;
    let schema = schema_file::load(path)?;
    match &args.command {
        Command::List(list) => name_all(&schema, list.part.as_deref()),
        Command::Show(wanted) => print(&schema, wanted),
        Command::Table(table) => {
            let bytes = schema.to_table();
            write_file(&table.file, &bytes)?;
            let (size, count) = (bytes.len(), schema.operations().count());
            writeln!(
                anstream::stderr(),
                "axl-schema: AXL {}, {count} operations, {size} bytes",
                schema.version()
            )?;
            Ok(())
        }
        Command::Generate(wanted) => generate(&schema, wanted),
    }
}

fn name_all(schema: &Schema, part: Option<&str>) -> Result<(), Failure> {
    let part = part.unwrap_or_default().to_ascii_lowercase();
    let mut out = anstream::stdout().lock();
    let all = schema.operations();
    for name in all.filter(|name| name.to_ascii_lowercase().contains(&part)) {
        writeln!(out, "{name}")?;
    }
    Ok(())
}

fn print(schema: &Schema, args: &ShowArgs) -> Result<(), Failure> {
    let operation = resolve(schema, &args.operation)?;
    let root = if args.answer {
        schema.answer(operation)
    } else {
        schema.request(operation)
    };
    let path = args.path.as_deref().unwrap_or_default();
    let mut steps = path.split('/').filter(|step| !step.is_empty());
    let place = root
        .and_then(|root| steps.try_fold(root, |place, step| Some(place.child(step)?.content())));
    let place = place.ok_or_else(|| Failure::NoPlace {
        operation: operation.to_owned(),
        path: path.to_owned(),
    })?;
    let shown = Shown {
        depth: args.depth.into(),
        required: args.required,
        values: args.values,
        width: terminal::width(),
    };
    let suffix = if args.answer { "Response" } else { "" };
    let slash = if path.is_empty() { "" } else { "/" };
    let head = format!("{operation}{suffix}{slash}{path}");
    let choices = if args.answer || !path.is_empty() {
        Vec::new()
    } else {
        choices(schema, operation)
    };
    show(
        &mut anstream::stdout().lock(),
        &head,
        place,
        &choices,
        shown,
    )?;
    Ok(())
}

/// Names of which an operation wants one, as in `name` and `uuid`.
fn choices(schema: &Schema, operation: &str) -> Vec<String> {
    let missing = schema.check(&Dynamic::new(operation));
    let names = missing.into_iter().filter_map(|found| {
        let ViolationKind::Missing(names) = found.kind else {
            return None;
        };
        names.contains(CHOICE).then_some(names)
    });
    let names: Vec<String> = names.collect();
    let parts = names.iter().flat_map(|names| names.split(CHOICE));
    parts.map(str::to_owned).collect()
}

fn generate(schema: &Schema, args: &GenerateArgs) -> Result<(), Failure> {
    let mut operations = Vec::new();
    for name in &args.operations {
        operations.push(resolve(schema, name)?);
    }
    let source = schema.render(&operations).map_err(|error| match error {
        RenderError::NoOperation(name) => Failure::NoOperation {
            name,
            like: Vec::new(),
        },
        // Whatever else comes to be, it is about the first.
        _ => Failure::NoOperation {
            name: args.operations.join(", "),
            like: Vec::new(),
        },
    })?;
    match &args.file {
        Some(file) => write_file(file, source.as_bytes()),
        None => Ok(anstream::stdout().write_all(source.as_bytes())?),
    }
}

/// The operation of this name, in any case of letters.
fn resolve<'s>(schema: &'s Schema, name: &str) -> Result<&'s str, Failure> {
    let mut all = schema.operations();
    let found = all.find(|known| known.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let wanted = name.to_ascii_lowercase();
        let is_like = |known: &&str| known.to_ascii_lowercase().contains(&wanted);
        let like = schema.operations().filter(is_like).take(MAX_LIKE);
        Failure::NoOperation {
            name: name.to_owned(),
            like: like.map(str::to_owned).collect(),
        }
    })
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|source| Failure::WriteFile {
        path: path.to_owned(),
        source,
    })
}

/// Between names of a choice in [`ViolationKind::Missing`].
const CHOICE: &str = " | ";
const MAX_LIKE: usize = 6;

const ABOUT: &str = "\
Reads Cisco's schema of AXL: says what an operation takes, makes a small table
of the schema for `axl --schema`, and writes Rust records for operations.

The schema is Cisco's, and each CUCM serves it:
https://HOST:8443/plugins/axlsqltoolkit.zip; in there, schema/VERSION has
AXLSoap.xsd. This tool reads your copy, or the table that it made of it.";

const AFTER_HELP: &str = "\
Examples:
  axl-schema --schema schema/14.0/AXLSoap.xsd table --file axl-14.0.table
  export AXL_SCHEMA_FILE=axl-14.0.table
  axl-schema list --match phone
  axl-schema show addPhone phone --required
  axl-schema generate --operation getSipProfile --file src/records.rs

AXL_SCHEMA_FILE stands in for --schema.

Exit code: 0 done, 2 not.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
