"""Everyday words that look like names or user names, and so must not be hidden or swept on their own."""

from __future__ import annotations

import functools

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
hr pm am est pst usd eur gbp ai assistant system
""".split()  # fmt: skip


@functools.cache
def common_words() -> frozenset[str]:
    """English words, lower-case, that occur in everyday chat far more often as words than as names."""
    return frozenset(_COMMON)


def is_common(word: str) -> bool:
    """Whether `word` is an everyday word, in any case of letters."""
    return word.casefold().strip("'’.,-") in common_words()
