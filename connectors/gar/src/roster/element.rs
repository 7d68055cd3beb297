//! The elements of GAR's roster files, with the longest value that each may have.

use std::fmt;

macro_rules! elements {
    ($( $variant:ident $name:literal $most:literal )+) => {
        /// An element of a roster file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each is named as on the wire, less its prefix GAR")]
        #[repr(u8)]
        pub enum Element {
            $( $variant ),+
        }

        impl Element {
            /// Every element.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Reads a local name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $( $name => Some(Self::$variant), )+
                    _ => None,
                }
            }

            /// The local name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $name, )+
                }
            }

            /// How many characters its value may have; 0 for an element that holds elements.
            #[must_use]
            pub const fn most(self) -> usize {
                match self {
                    $( Self::$variant => $most, )+
                }
            }
        }
    };
}

elements! {
    // Records.
    Eleve "GAREleve" 0
    Enseignant "GAREnseignant" 0
    RespAff "GARRespAff" 0
    Etab "GAREtab" 0
    Mef "GARMEF" 0
    Matiere "GARMatiere" 0
    Groupe "GARGroupe" 0
    PersonGroupe "GARPersonGroupe" 0
    PersonMef "GARPersonMEF" 0
    PersonMefstat4 "GARPersonMEFSTAT4" 0
    EleveEnseignement "GAREleveEnseignement" 0
    EnsGroupeMatiere "GAREnsGroupeMatiere" 0
    EnsClasseMatiere "GAREnsClasseMatiere" 0
    // Elements that hold elements.
    PersonProfils "GARPersonProfils" 0
    EnsDisciplinesPostes "GAREnsDisciplinesPostes" 0
    EnsSpecialitesPostes "GAREnsSpecialitesPostes" 0
    // Values.
    PersonIdentifiant "GARPersonIdentifiant" 64
    PersonProfil "GARPersonProfil" 31
    PersonIdSecondaire "GARPersonIdSecondaire" 255
    PersonNomPatro "GARPersonNomPatro" 500
    PersonNom "GARPersonNom" 500
    PersonPrenom "GARPersonPrenom" 500
    PersonAutresPrenoms "GARPersonAutresPrenoms" 500
    PersonCivilite "GARPersonCivilite" 30
    PersonStructRattach "GARPersonStructRattach" 45
    PersonEtab "GARPersonEtab" 45
    PersonDateNaissance "GARPersonDateNaissance" 32
    PersonMail "GARPersonMail" 255
    EnsDisciplinePosteCode "GAREnsDisciplinePosteCode" 255
    EnsSpecialitePosteCode "GAREnsSpecialitePosteCode" 255
    RespAffEtab "GARRespAffEtab" 45
    StructureUai "GARStructureUAI" 45
    StructureNomCourant "GARStructureNomCourant" 500
    EtablissementStructRattachFctl "GAREtablissementStructRattachFctl" 255
    StructureContrat "GARStructureContrat" 45
    StructureTelephone "GARStructureTelephone" 20
    StructureEmail "GARStructureEmail" 255
    MefCode "GARMEFCode" 255
    MefLibelle "GARMEFLibelle" 255
    MefRattach "GARMEFRattach" 255
    Mefstat11 "GARMEFSTAT11" 255
    Mefstat4Code "GARMEFSTAT4Code" 4
    MatiereCode "GARMatiereCode" 255
    MatiereLibelle "GARMatiereLibelle" 255
    GroupeCode "GARGroupeCode" 255
    GroupeLibelle "GARGroupeLibelle" 255
    GroupeStatut "GARGroupeStatut" 31
    GroupeDivAppartenance "GARGroupeDivAppartenance" 255
}

impl Element {
    /// How many elements there are.
    pub(super) const COUNT: usize = Self::ALL.len();

    /// Its place in a table of all elements.
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
