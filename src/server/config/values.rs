//! Parses the values of flags and variables, or refuses them and says how to write them.

use std::{
    env,
    net::{IpAddr, Ipv6Addr},
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;

use crate::domain::{user::Role, value::Seconds};

/// `$XDG_DATA_HOME/longshore`, `~/.local/share/longshore`, or the place of a service without a home.
pub(super) fn default_data_dir() -> PathBuf {
    let below = |name: &str, rest: &str| {
        env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute()).map(|dir| dir.join(rest))
    };
    below("XDG_DATA_HOME", "longshore")
        .or_else(|| below("HOME", ".local/share/longshore"))
        .unwrap_or_else(|| PathBuf::from("/var/lib/longshore"))
}

/// A path; one that is not absolute begins where the program is started.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("a path cannot be empty".to_owned());
    }
    std::path::absolute(text).map_err(|error| error.to_string())
}

/// A path from the root. What may be used must not hang on where somebody starts the program.
pub(super) fn absolute(text: &str) -> Result<PathBuf, String> {
    if Path::new(text).is_absolute() {
        Ok(text.into())
    } else {
        Err("write the whole path, from the root: /srv/files".to_owned())
    }
}

/// Several folders in one text.
#[derive(Clone, Debug)]
pub(super) struct Roots(pub(super) Vec<PathBuf>);

/// Absolute paths with colons between them. An empty part is none: a variable that is set to nothing names no folder.
pub(super) fn roots(text: &str) -> Result<Roots, String> {
    text.split(':').filter(|part| !part.is_empty()).map(absolute).collect::<Result<_, _>>().map(Roots)
}

/// Several addresses in one text.
#[derive(Clone, Debug)]
pub(super) struct Origins(pub(super) Vec<String>);

/// Addresses with commas between them. An empty part is none: a variable that is set to nothing names no address.
pub(super) fn origins(text: &str) -> Result<Origins, String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(origin).collect::<Result<_, _>>().map(Origins)
}

/// Scheme and host, with a port where it is not the usual one, and nothing after it: as a browser writes it in
/// `Origin`.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let wrong = || "write it as https://console.example.org, without a path".to_owned();
    let url = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let (scheme, authority) = url.split_once("://").ok_or_else(wrong)?;
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return Err(wrong()),
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse::<u16>().map_err(|_| wrong())?)),
        _ => (authority, None),
    };
    let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => format!("[{}]", address.parse::<Ipv6Addr>().map_err(|_| wrong())?),
        // Names of other alphabets are written as browsers send them: xn--…
        None if is_name(host) => host.to_owned(),
        None => return Err(wrong()),
    };
    let port = port.filter(|port| *port != usual).map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}://{host}{port}"))
}

/// Several proxies in one text.
#[derive(Clone, Debug)]
pub(super) struct Proxies(pub(super) Vec<IpNet>);

/// Addresses and networks with commas between them. An empty part is none.
pub(super) fn proxies(text: &str) -> Result<Proxies, String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(proxy).collect::<Result<_, _>>().map(Proxies)
}

/// An address, or a network in CIDR notation.
fn proxy(text: &str) -> Result<IpNet, String> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().into(),
        Err(_) => {
            canonical(text.parse().map_err(|_| "write an address or a network: 127.0.0.1, ::1, 10.0.0.0/8".to_owned())?)
        }
    };
    if network.prefix_len() == 0 {
        return Err("this would let every client claim any address: give the address of your proxy".to_owned());
    }
    Ok(network.trunc())
}

/// A network of IPv4 that is written as one of IPv6, as that of IPv4: addresses are compared in this form.
fn canonical(network: IpNet) -> IpNet {
    let mapped = match network {
        IpNet::V6(network) if network.prefix_len() >= 96 => network.addr().to_ipv4_mapped(),
        _ => None,
    };
    mapped.and_then(|address| IpNet::new(address.into(), network.prefix_len() - 96).ok()).unwrap_or(network)
}

fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

/// `allow` or `refuse`.
pub(super) fn allowed(text: &str) -> Result<bool, String> {
    match text {
        "allow" => Ok(true),
        "refuse" => Ok(false),
        _ => Err("write allow or refuse".to_owned()),
    }
}

pub(super) fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "write viewer, operator or admin".to_owned())
}

/// `90d`, `12h`, `1h30m`, `90s`: at most ten years.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write it as 90d, 12h, 30m or 90s; at most 3650d".to_owned();
    let seconds = Seconds::parse(text)
        .map(|seconds| u64::from(seconds.0))
        .filter(|seconds| (1..=3650 * 86_400).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(wrong)
}

/// `90s`, `5m`, `1h`: at most an hour.
pub(super) fn patience(text: &str) -> Result<Duration, String> {
    let wrong = || "write it as 90s or 5m; at most 1h".to_owned();
    let time = duration(text).map_err(|_| wrong())?;
    if (1..=3600).contains(&time.as_secs()) { Ok(time) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_people_is_kept_as_browsers_write_it() {
        for (given, kept) in [
            ("http://nas.local", "http://nas.local"),
            ("http://nas:80/", "http://nas"),
            ("http://nas:443", "http://nas:443"),
            ("https://NAS.local:8443", "https://nas.local:8443"),
            ("https://192.168.1.5", "https://192.168.1.5"),
            ("http://[0:0::1]:8084", "http://[::1]:8084"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(origin(given).as_deref(), Ok(kept), "{given}");
        }
    }

    #[test]
    fn several_addresses_have_commas_between() {
        let Origins(urls) = origins(" https://a.example , HTTPS://b.example:443,,").expect("two");
        assert_eq!(urls, ["https://a.example", "https://b.example"]);
        assert!(origins("").is_ok_and(|Origins(urls)| urls.is_empty()));
        assert!(origins("https://a.example,b.example").is_err());
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for (given, kept) in [
            ("127.0.0.1", "127.0.0.1/32"),
            ("::1", "::1/128"),
            ("::ffff:10.1.2.3", "10.1.2.3/32"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("fd00::5/8", "fd00::/8"),
            ("172.16.0.0/12", "172.16.0.0/12"),
            ("::ffff:192.0.2.9/120", "192.0.2.0/24"),
            ("::ffff:192.0.2.9/128", "192.0.2.9/32"),
        ] {
            assert_eq!(proxy(given).map(|network| network.to_string()).as_deref(), Ok(kept), "{given}");
        }
        for bad in [
            "",
            "nginx",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.0.0.1:80",
            "[::1]",
            "::/0",
            "::ffff:0:0/96",
            "0.0.0.0/0",
            "10.0.0.0/-1",
            "*",
        ] {
            assert!(proxy(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_value_that_can_not_be_meant_is_refused() {
        for bad in [
            "",
            "console.example.org",
            "ftp://x",
            "https://x/path",
            "https://x//",
            "https://a@b",
            "https://",
            "https://:443",
            "https://x?y",
            "https://x#y",
            "https://x:",
            "https://x:99999",
            "https://x:-1",
            "https://x y",
            "https://x..y",
            "https://[::1",
            "https://[x]",
            "https://b\u{fc}cher.example",
            "https://x:1:2",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
        for bad in ["", "90", "d", "0d", "0s", "-1d", "4000d", "1M", "1.5", "\u{e9}", "99999999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert_eq!(
            (duration("12h"), duration("1h30m")),
            (Ok(Duration::from_secs(43_200)), Ok(Duration::from_secs(5400)))
        );
        for bad in ["", "s", "0s", "-1s", "0m", "3601s", "61m", "1d", "5", "5 s", "0.5s", "\u{e9}"] {
            assert!(patience(bad).is_err(), "{bad}");
        }
        assert_eq!((patience("90s"), patience("1h")), (Ok(Duration::from_secs(90)), Ok(Duration::from_secs(3600))));
    }
}
