//! Reads the edges between objects.

use limbeck_core::{ObjectId, Result};

use super::{Address, Found, Place, unreadable};

pub(super) const SQL: &str = include_str!("depend.sql");

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Some((from, to)) = addresses(body) else {
        return Err(unreadable(format!("an edge that does not fit: {body}")));
    };
    if let (Some(from), Some(to)) = (whole(&from, found), whole(&to, found)) {
        found.depends.push((from, to));
    }
    Ok(())
}

/// Two addresses in an array as Postgres prints it, `{1259,16402,1,1247,16390,0}`, or as JSON.
fn addresses(array: &str) -> Option<(Address, Address)> {
    let mut numbers = array
        .strip_prefix(['{', '['])?
        .strip_suffix(['}', ']'])?
        .split(',')
        .map(str::trim);
    let mut address = || {
        Some(Address {
            class: numbers.next()?.parse().ok()?,
            oid: numbers.next()?.parse().ok()?,
            number: numbers.next()?.parse().ok()?,
        })
    };
    let addresses = (address()?, address()?);
    numbers.next().is_none().then_some(addresses)
}

/// What has an address; an attribute is part of its type.
fn whole(address: &Address, found: &mut Found) -> Option<Place> {
    let place = found.place(address)?;
    match &found.ids[place] {
        ObjectId::Attribute { ty, name: _ } => {
            let whole = ObjectId::Composite(ty.clone());
            Some(found.place_of(whole))
        }
        _ => Some(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_two_addresses() {
        let edge = (
            Address::new(1259, 16402, 1),
            Address::new(1247, u32::MAX, 0),
        );
        assert_eq!(addresses("{1259,16402,1,1247,4294967295,0}"), Some(edge));
        assert_eq!(
            addresses("[1259, 16402, 1, 1247, 4294967295, 0]"),
            Some(edge)
        );
        for other in [
            "",
            "{}",
            "{1,2,3,4,5}",
            "{1,2,3,4,5,6,7}",
            "{1,2,3,4,5,NULL}",
            "1,2,3,4,5,6",
        ] {
            assert_eq!(addresses(other), None, "{other}");
        }
    }
}
