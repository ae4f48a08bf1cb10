//! The service's entry point: arguments in, exit code out.
//!
//! Owns the command line and nothing else: each verb reads its files, calls its room and ends with a code of
//! sysexits(3). Standard output is for answers, standard error for the journal.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use cashcow::boot::{self, demo};
use cashcow::config::{Appliance, Ports, Profile, Settings};
use cashcow::machine::{self, Exit, Failure, Places, RangeFiles};
use clap::{Args, Parser, Subcommand};

/// Wipes what is given back: no card or key survives in freed memory.
#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

const SETTINGS: &str = "/usr/lib/cashcow/cashcowd.toml";

const EXAMPLES: &str = "\
Examples:
  cashcowd demo                                       a shop on this machine, to look at
  cashcowd check --config F                           every mistake of the service's settings
  cashcowd check --config F --appliance appliance.toml  and of a provisioning file
";

const CODES: &str = "\
Exit codes: 0 good, 64 wrong arguments, 66 a file is missing, 69 something needed does not answer,
  70 a fault of ours, 71 and 74 the system refused, 73 a file cannot be made, 77 not allowed,
  78 the configuration is refused";

/// CashCowCart: the shop's service and the machine around it.
#[derive(Parser)]
#[command(name = "cashcowd", version, before_help = EXAMPLES, after_help = CODES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the shop (inside the image, started by systemd)
    Serve(Config),
    /// Hold the TPM for the shop (inside the image, started by systemd; it has no network)
    Keep(Config),
    /// Name every mistake in the configuration, and end with 78 if there is one
    Check {
        #[command(flatten)]
        config: Config,
        /// A provisioning file to check against the settings' profile
        #[arg(long, value_name = "FILE")]
        appliance: Option<PathBuf>,
    },
    /// Run a shop on loopback with a software TPM and demo goods
    Demo(DemoArguments),
    /// Take the provisioning file of a new machine, and prepare the start of any (root, at boot)
    Setup(Config),
    /// Fill the firewall's sets (CAP_NET_ADMIN, at boot)
    Firewall(FirewallArguments),
    /// Bring the firewall's sets to what the console asked for (CAP_NET_ADMIN, after each change)
    Ranges(FirewallArguments),
    /// Take ranges that were signed with the recovery key from the provisioning volume (root)
    Recover(Config),
    /// Keep the public half of a recovery key that was just made (root, until set-up is done)
    RecoveryKey(Config),
    /// Take the name servers of a lease into resolv.conf
    Resolver(Config),
    /// Show the machine's state on tty1 and the serial port
    Screen(Config),
}

#[derive(Args)]
struct Config {
    /// The settings of the image
    #[arg(long, value_name = "FILE", default_value = SETTINGS)]
    config: PathBuf,
}

#[derive(Args)]
struct FirewallArguments {
    #[command(flatten)]
    config: Config,
    /// What follows from the provisioning file
    #[arg(long, value_name = "FILE", default_value = "/run/cashcow/firewall.json")]
    state: PathBuf,
}

#[derive(Args)]
struct DemoArguments {
    /// Where the demo keeps everything
    #[arg(long, value_name = "DIR", default_value = "target/demo")]
    dir: PathBuf,
    /// The folder of the demo goods
    #[arg(long, value_name = "DIR", default_value = "demo")]
    goods: PathBuf,
    /// A provisioning file to be used instead of the demo's own
    #[arg(long, value_name = "FILE")]
    appliance: Option<PathBuf>,
    /// Port of the storefront; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    storefront_port: u16,
    /// Port of the console
    #[arg(long, value_name = "PORT", default_value_t = 9443)]
    console_port: u16,
    /// Port that redirects to the storefront
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    http_port: u16,
}

impl Config {
    fn read(&self) -> Result<Settings, Failure> {
        Settings::load(&self.config).map_err(|mistakes| Failure::new(Exit::Config, mistakes))
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => {
            let _ = message.print();
            return if message.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    match run(cli.verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The last words: a closed standard error changes nothing about the code.
            let _ = writeln!(std::io::stderr(), "{failure}");
            failure.exit.into()
        }
    }
}

fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Check { config, appliance } => check(&config, appliance),
        Verb::Serve(config) => boot::start(config.read()?),
        Verb::Keep(config) => boot::keep(&config.read()?),
        Verb::Demo(arguments) => boot::start_demo(arguments.into()),
        Verb::Setup(config) => {
            let _journal = machine::journal();
            machine::setup(&config.read()?, &Places::of_image(), &mut |pause| {
                std::thread::sleep(pause);
                Ok(())
            })?;
            Ok(())
        }
        Verb::Firewall(arguments) => firewall(&arguments, true),
        Verb::Ranges(arguments) => firewall(&arguments, false),
        Verb::Recover(config) => recover(&config.read()?),
        Verb::RecoveryKey(config) => {
            let paths = config.read()?.paths;
            machine::keep_public_key(&paths.recovery_key, &paths.recovery_public())
        }
        Verb::Resolver(config) => resolver(&config.read()?),
        Verb::Screen(config) => machine::show(&config.read()?, &Places::of_image()),
    }
}

impl From<DemoArguments> for demo::Options {
    fn from(arguments: DemoArguments) -> Self {
        let DemoArguments { dir, goods, appliance, storefront_port, console_port, http_port } = arguments;
        let ports = Ports { http: http_port, storefront: storefront_port, console: console_port };
        Self { dir, goods, appliance, ports }
    }
}

fn check(config: &Config, appliance: Option<PathBuf>) -> Result<(), Failure> {
    let settings = Settings::load(&config.config);
    // Without good settings the profile is unknown: be as strict as a release image.
    let profile = settings.as_ref().map_or(Profile::Release, |settings| settings.profile);
    let appliance = appliance.map(|path| Appliance::load(&path, profile));
    let mistakes: Vec<_> = [settings.as_ref().err(), appliance.as_ref().and_then(|read| read.as_ref().err())]
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    if !mistakes.is_empty() {
        return Err(Failure::new(Exit::Config, mistakes.join("\n")));
    }
    let provisioning = if appliance.is_some() { "; the provisioning file is good" } else { "" };
    say(&format!("good: profile {profile}{provisioning}"))
}

fn firewall(arguments: &FirewallArguments, at_start: bool) -> Result<(), Failure> {
    let _journal = machine::journal();
    let settings = arguments.config.read()?;
    let files = RangeFiles::new(&settings, &arguments.state);
    machine::load_ranges(&files, &settings, machine::NFT.as_ref(), at_start)
}

fn recover(settings: &Settings) -> Result<(), Failure> {
    let _journal = machine::journal();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_err(|error| Failure::new(Exit::System, format!("the name of this start: {error}")))?;
    machine::take_recovery(settings, &Places::of_image(), boot.trim()).map(|_| ())
}

fn resolver(settings: &Settings) -> Result<(), Failure> {
    let appliance = Appliance::load(&settings.paths.appliance(), settings.profile)
        .map_err(|mistakes| Failure::new(Exit::Config, mistakes))?;
    let conf = Places::of_image().resolv_conf();
    machine::write_resolvers(&appliance.network.dns, machine::NETWORKD_STATE.as_ref(), &conf)
}

fn say(line: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| Failure::new(Exit::Io, error))
}
