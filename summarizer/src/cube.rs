//! The cells under the names that are shown: what files are made of.

use data_schema::resolve::WireDay;
use data_schema::summary::HourCell;
use rayon::slice::ParallelSliceMut;

use crate::input::{Input, Options};
use crate::names::{Dictionary, Names};
use crate::sums::{Known, KnownNames, Newest, SessionCell, SessionKey, Stated, Sums, join_equal};

pub(crate) use crate::sums::{Cell, Key};

/// Everything that the files are made of.
#[derive(Debug, Default)]
pub(crate) struct Cube {
    pub(crate) names: Names,
    /// Sorted by key, so that a day, week or month is one stretch. Places are those of shown names.
    pub(crate) cells: Vec<(Key, Cell)>,
    /// By weekday (0 is Monday) and hour.
    pub(crate) hours: Vec<HourCell>,
    /// What is the newest of it.
    pub(crate) newest: Newest,
    /// The real names.
    pub(crate) known: KnownNames,
    /// What interfaces told.
    pub(crate) stated: Vec<Stated>,
    /// What the proxy saw, under the ids of sources. Sorted.
    pub(crate) wire: Vec<WireDay>,
    /// Sessions with places of real names, if they were asked for.
    pub(crate) sessions: Option<Vec<(SessionKey, SessionCell)>>,
}

impl Cube {
    pub(crate) fn new(sums: Sums, input: &Input, options: &Options<'_>) -> Self {
        let names = Names::new(input, options, &sums.names);
        let real = &sums.names;
        let providers = places(&real.providers, &names.providers);
        let models = places(&real.models, &names.models);
        let machines = places(&real.machines, &names.machines);
        let projects = places(&real.projects, &names.projects);
        let no_project = names.projects.place("");
        let mut cells = sums.cells;
        for (key, _) in &mut cells {
            key.provider = providers[key.provider as usize];
            key.model = models[key.model as usize];
            key.machine = machines[key.machine as usize];
            let project = key.project.checked_sub(1);
            key.project = project.map_or(no_project, |place| projects[place as usize]);
        }
        // Where the real names are shown, all cells stand in order already.
        if !cells.is_sorted_by_key(|(key, _)| *key) {
            cells.par_sort_unstable_by_key(|(key, _)| *key);
        }
        join_equal(&mut cells, Cell::add);
        let Sums { names: known, sessions, hours, newest, stated, wire, .. } = sums;
        Self { names, cells, hours, newest, known, stated, wire, sessions }
    }
}

/// Where the shown name of each real one stands.
fn places(names: &[Known], shown: &Dictionary) -> Vec<u32> {
    names.iter().map(|known| shown.place(&known.name)).collect()
}
