"""The people of the demo chats; every value is invented, and uses ranges and domains kept for fiction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Somebody who writes to Juno; every value is invented, and uses number ranges and domains kept for fiction."""

    name: str
    handle: str
    email: str
    phone: str
    address: str
    born: str


# Phones: 555-0100 to 0199 (North America) and 07700 900000 to 900999 (UK) are reserved for fiction.
FANS = (
    Person("Priya Raman", "@priya.paints", "priya.raman@mailbox.example", "(312) 555-0142",
           "18 Larkspur Lane, Springfield, IL 62704", "14 March 1996"),
    Person("Oliver Thackeray", "@ollie_inks", "o.thackeray@post.example", "+44 7700 900118",
           "27 Cobbler Street, Leeds LS6 2QT", "2 August 1988"),
    Person("Beatriz Coelho", "@bea_sketches", "beatriz.coelho@example.org", "+1 415-555-0117",
           "9 Harbor View Road, Portland, OR 97205", "1993-11-30"),
    Person("Hannah Lindqvist", "@hanna.draws", "hannah@lindqvist.example", "(206) 555-0163",
           "411 Juniper Avenue, Seattle, WA 98112", "07/19/1999"),
    Person("Declan Moriarty", "@decmoriarty", "declan.moriarty@example.com", "+44 7700 900233",
           "3 Chapel Row, Bristol BS3 4UB", "23 January 1991"),
    Person("Ingrid Solheim", "@ingrid_paperfox", "ingrid.solheim@fjordmail.example", "+44 7700 900406",
           "56 Mill Road, Cambridge CB1 2AS", "5 June 1985"),
    Person("Caleb Whitford", "@cwhitford88", "caleb.whitford@example.net", "(617) 555-0129",
           "730 Chestnut Street, Boston, MA 02108", "12 December 2001"),
    Person("Naomi Adeyemi", "@naomi.makes", "naomi.adeyemi@quillmail.example", "+1 (404) 555-0188",
           "1502 Peach Tree Court, Atlanta, GA 30309", "April 9, 1994"),
    Person("Gareth Pryce", "@gpryce_art", "gareth.pryce@example.org", "+44 7700 900571",
           "14 Station Road, Cardiff CF10 5HA", "30 October 1979"),
    Person("Leonie Brandt", "@leonie_lines", "leonie@brandtpost.example", "(503) 555-0171",
           "88 Willow Drive, Eugene, OR 97401", "17 May 1997"),
    Person("Rosalind Kerr", "@roz_kerr", "rosalind.kerr@example.com", "+44 7700 900612",
           "5 Abbey Close, York YO1 7HL", "8 February 1983"),
    Person("Samira Haddad", "@samirascribbles", "samira.haddad@letterbox.example", "(718) 555-0156",
           "245 Linden Boulevard, Brooklyn, NY 11226", "21 September 2000"),
    Person("Fergus Mackay", "@fergus_mk", "fergus@mackay.example", "+44 7700 900749",
           "31 Castle Street, Inverness IV2 3DU", "1990-07-04"),
    Person("Winston Okafor", "@winston.pixels", "winston.okafor@example.net", "+1 713-555-0134",
           "6127 Magnolia Drive, Houston, TX 77005", "11 November 1987"),
    Person("Imogen Fairley", "@imogenfairley_", "imogen.fairley@teapost.example", "+44 7700 900854",
           "72 Orchard Avenue, Norwich NR2 4PF", "26 April 1998"),
    Person("Joaquin Salas", "@joaco_salas", "joaquin.salas@example.org", "(512) 555-0195",
           "903 Barton Creek Road, Austin, TX 78704", "3 July 1992"),
    Person("Kirsten Halvorsen", "@kirsten_h", "kirsten.halvorsen@nordpost.example", "(612) 555-0108",
           "19 Lakeside Terrace, Duluth, MN 55802", "15 January 1989"),
    Person("Tabitha Crane", "@tabby_crane", "tabitha.crane@example.com", "+44 7700 900927",
           "8 Foxglove Way, Exeter EX4 6PN", "October 2, 2002"),
)  # fmt: skip

SPONSORS = (
    Person("Marcus Feldman", "@brightnib_marcus", "marcus.feldman@brightnib.example", "+1 (646) 555-0181",
           "1200 Foundry Street, Suite 4, New York, NY 10013", "9 March 1981"),
    Person("Elena Kovacs", "@kettleandquire", "elena@kettlequire.example", "+44 7700 900345",
           "41 Paper Mill Lane, Sheffield S1 2BJ", "28 June 1986"),
    Person("Stuart Penhallow", "@halcyon_stu", "s.penhallow@halcyontablets.example", "(415) 555-0149",
           "350 Marina Boulevard, San Francisco, CA 94123", "19 August 1977"),
)  # fmt: skip

# Each of these occurs exactly once. The card passes the Luhn check and is a published test number; the key is invented.
CARD = "5555 5555 5555 4444"
API_KEY = "sk-demo-Qv7mTz2LxW9hRb4KpN3c"
PASSWORD = "Marzipan!Badger42"
