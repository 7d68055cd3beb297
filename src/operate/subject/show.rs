//! A report for a terminal.

use std::fmt;

use super::Report;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "person {}", self.about)?;
        if let Some(since) = self.held.since {
            writeln!(f, "  known since {}", since.date())?;
        }
        self.write_held(f)?;
        writeln!(
            f,
            "sent: {} launches in the {} days that the journal keeps",
            self.disclosed.len(),
            self.kept_days
        )?;
        for sent in &self.disclosed {
            let at = sent.at;
            let school = sent.school.as_ref().map_or("-", |uai| uai.as_str());
            let resource = sent.resource.as_ref().map_or("-", |ark| ark.as_str());
            let names: Vec<_> = sent.attributes.iter().map(|name| name.as_str()).collect();
            let names =
                if names.is_empty() { "nothing beyond the pseudonym".to_owned() } else { names.join(" ") };
            writeln!(
                f,
                "  {} {:02}:{:02}:{:02} UTC {} {school} {} {resource}: {names}",
                at.date(),
                at.hour(),
                at.minute(),
                at.second(),
                sent.launch,
                sent.publisher.shown(),
            )?;
        }
        Ok(())
    }
}

impl Report {
    fn write_held(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = &self.held;
        for identity in &held.identities {
            let (ent, namespace, subject) = (&identity.ent, &identity.namespace, &identity.subject);
            writeln!(f, "  identity {ent}/{namespace}/{subject} ({})", identity.managed_by)?;
        }
        for at in &held.schools {
            let year = at.year.as_deref().unwrap_or("no year");
            let name = at.name.as_deref().unwrap_or("-");
            writeln!(f, "  school {} {name}: {} ({year}, {})", at.school, at.profile.as_str(), at.ent)?;
        }
        for group in &held.groups {
            writeln!(f, "  {} {} at {} ({})", group.status, group.code, group.school, group.ent)?;
        }
        for managed in &held.manages {
            writeln!(f, "  manages the licences of {} ({})", managed.school, managed.ent)?;
        }
        for seat in &held.seats {
            let how = if seat.by_name { "by name" } else { "taken at a launch" };
            let title = seat.title.as_deref().unwrap_or("-");
            writeln!(f, "  seat of {} ({title}), {how}, since {}", seat.subscription, seat.since.date())?;
        }
        for known in &held.known_to {
            let (shown, since) = (known.publisher.shown(), known.since.date());
            writeln!(f, "  pseudonym at {shown} since {since}")?;
        }
        Ok(())
    }
}
