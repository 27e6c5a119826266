# ruff: noqa: E501, RUF001, SIM905 (lists of words are easier to read and to add to as text)
"""Names and words that are known beforehand: given names and short family names, labels of fields, and brands.

The names are those of `presets/redaction/names`, which the replacements are drawn from too. They only support other
signs: a name of a list is reported where its place in the text, its capitals or its script say that it is one.
"""

from __future__ import annotations

import functools

from engine.machine import PRESETS
from engine.spec_text import load_yaml

_LABELS = frozenset(
    """account acct addr address api app aws bday bic branch card cc cell code commit conf config cpf cnpj curp customer cvc cvv
    db dept dev dl dni dns dob docket ein email env eth fax fb git handle host hostname http https iban id ids ig imei imap invoice
    ip ipv4 ipv6 iso jira jwt key keys lat lng lic licence license lr mac mail mob mobile mrn nhs nie nif nin no nr
    num number oauth order org otp param passport password passwd pedido perm pesel phone pid pin plate png pnr port pr proxy pw
    pwd qa ref reg repo res rfc room routing rpc rsa sdk sid sin sku sms smtp sn sol sql ssh ssl ssn sso stdin stdout swift tax tel
    temp tin tls tmp token tracking trx tz udp uid uri url urls user usr uuid vat vin vlan vm voip vpn wallet xml xmr yaml zip bro bruh sis fam bhai yaar america bis morgen nos vemos hasta luego mañana danke bitte gracias por favor merci
    demain bonjour salut hola ciao grazie prego obrigado obrigada tchau guten abend nacht buenas buenos noches tardes bonne nuit tsp tbsp gamertag webhook cookie username passwort kennwort contraseña
    bic btc eth ltc usdt usdc trc erc isbn issn doi trx acc accs tg bech ngrok npm sudo ttl cpu gpu ram ssd nvme csv pdf json html css okr okrs kpi kpis roi eod eta faq ceo cto cfo vp sla nda sow tbd xoxo codice fiscale
    nric aadhaar aadhar kyc ppsn mpan mprn gstin ahv bsn ird nhi bvn svnr cpr nip regon utr rgb rgba hsl kvitto kanton krankenkasse aok rentenversicherungsnummer strasse straße ort plz
    reisepass ausweis personalausweis führerschein telefon telefono adresse anschrift geburtsdatum vorname nachname""".split()
)
_BRANDS = frozenset(
    """adidas adobe airbnb alexa alzheimer amazon android ansible apache apple arduino asana asos atlassian audi aws azure barbie bitbucket
    bluetooth bmw bosch bugatti cadillac canon canva cassandra chatgpt chevrolet chevy chipotle chrome cisco citroen cloudflare
    coinbase colgate confluence costco datadog debian deepl dell discord disney django docker doordash dropbox duolingo easter
    ebay elasticsearch epson etsy excel expedia facebook fahrenheit fedex ferrari figma firefox flask fortnite fujifilm garmin
    gemini genshin github gitlab gmail google gopro grafana hadoop halloween hanukkah helm heroku hogwarts honda huawei hulu hyundai ikea
    imdb instagram intel ios ipad iphone itunes jaguar java javascript jenkins jira kafka kaspersky kia kindle klarna
    kotlin kubernetes lamborghini laravel lego lenovo lidl linkedin linux logitech lovense lush lyft macbook mailchimp marvel
    maserati mastercard mcdonald mcdonalds microsoft minecraft mitsubishi mongodb mysql netflix nginx nikon nintendo nissan nokia
    notion nvidia okta onlyfans openai oracle outlook panasonic parkinson patreon paypal pepsi peugeot photoshop pikachu
    pinterest playstation pokemon porsche postgres postgresql postman powerpoint prada prometheus pytest python pytorch qualcomm
    quickbooks rabbitmq ramadan raspberry reddit redis revolut roblox roomba ryanair safari salesforce samsung sephora shopify siemens
    skype slack snapchat snapdragon snowflake sonos sony spotify starbucks steam stripe subaru substack suzuki swagger swarovski
    tensorflow terraform tesco thanksgiving tiktok tinder toyota trello tripadvisor tumblr twitch twitter typescript uber ubuntu
    unicef unity vercel verizon viber vimeo vodafone volkswagen volvo walmart webflow webpack whatsapp wikipedia windows
    wordle wordpress xbox xerox yamaha yankees youtube zalando zapier zara bitcoin ethereum solana dogecoin litecoin usdt usdc monero cardano ripple arsenal lakers celtics knicks patriots juventus bundesliga nba nfl beatles coldplay metallica radiohead hamilton zendesk zillow zoom wechat weixin fenty skoda duracell dyson bosch miele philips nespresso canesten tesla renault fiat opel jeep dodge yeti gatorade nutella meituan taobao alipay didi douyin pinduoduo eleme baidu weibo alibaba tencent xiaomi oppo oreo pringles doritos""".split()
)
"""Makers, programs, games, bands, clubs and feasts that people write about; none of them is a usual given name."""


@functools.cache
def given_names() -> frozenset[str]:
    """Given names of all lists, in small letters."""
    listed = frozenset(name for sexes in _lists() for part in ("female", "male") for name in sexes.get(part, ()))
    return listed | frozenset(f"{_VIRTUES} {_MORE_GIVEN} {_IN_OTHER_SCRIPTS}".casefold().split())


@functools.cache
def listed_names() -> frozenset[str]:
    """Given and family names of all lists, in small letters."""
    return given_names() | frozenset(name for lists in _lists() for name in lists.get("surnames", ()))


@functools.cache
def census_names() -> frozenset[str]:
    """Words of the dictionary that people are called too, in small letters, beyond `listed_names`."""
    return _words_of_file("words_that_are_names.txt")


@functools.cache
def family_names() -> frozenset[str]:
    """Family names that are no words of the dictionary, in small letters, beyond `listed_names`."""
    return _words_of_file("family_names.txt")


def _words_of_file(name: str) -> frozenset[str]:
    lines = (PRESETS / "redaction" / name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@functools.cache
def short_surnames() -> frozenset[str]:
    """Family names of two or three letters, as in Chinese, Korean and Vietnamese names in Latin letters."""
    listed = {
        name for lists in _lists() for name in lists.get("surnames", ()) if 2 <= len(name) <= 3 and name.isascii()
    }
    return frozenset(listed | set(_SHORT.split()))


_VIRTUES = "faith hope grace joy charity destiny trinity mercy patience prudence verity felicity constance serenity harmony melody"
_MORE_GIVEN = """
obama biden beyonce rihanna shakira zendaya kardashian jenner bieber ronaldo messi neymar mbappe kanye merkel corbyn farage zelensky macron
seb bia tiff deb gabby stew mick russ pat meg kat mo becks jazz ally bex shaz gaz baz dex lex jez fin flo gus jed jem kaz lou lu max meg mel nic ollie pip
rae ren rox sal shel sid sim tam taz tash viv wes will zed teddy bertie mandy sandy andy
nacho pepe paco chema lalo beto toño chucho memo kike manolo lola pili maite txema pepa chus joselu juanma gigi pippo peppe totò gino
kalle lasse pelle nisse uschi manni kalli hansi wolle micha basti flo steffi conny moni gabi susi rolfi klausi jojo loulou kiki zaza
mimi fifi gigi jeannot juju titi nono zezé zeca tonho chico tiao juca duda gabi rafa lipe beto nando dudu jaap-jan wim joke truus
abbie abby abdul abhi abigayle adamu adeola ahmed aidan aiden aimee aishwarya alana alanna alec alexa alexei alexis
alfie alina alisha alisia aliya allie allison alondra alvaro alyssa amna anais anastasia andre andrej andres andy
angelina angie anika annabelle annie ansel anya ari ariadna ariel arsen artem ashlee ashleigh ashley asif atif aubrey
audra aurelie avi ayaan ayse azra bartek bashir bea becca belinda benji benoit bernie bertie bethan betty beyonce
bhavna billie bodhi brandi breanna bree bret brett briana britney brittney bronwyn bryce cait caitlin caitlyn callie
camille candace candice carrie casey cate cath cathy catriona cecile celeste celine cesar chandra chantelle charlene
charlie charmaine chelsey cheng cheryl chris chrissy christelle christine christy chukwuemeka ciara cindy clarissa
claude clem cleo conor cory cosima courtney cyndi dani daniele danika danny daria darius darnell darryl daryl dave
davey davina dayo deandre deanna deano debbie dee deirdre demi deshawn desiree devin dewi diane diarmuid dimitri dino
dmitri dom donny doreen dorothea doug dwayne eddie edna efe ehsan eileen eitan ekaterina elaine eleni eli eliana
elisabeth elise ellie elliott eloise elsa emilie emmanuel eoin esin esme esmeralda etienne evangeline evelina evgeny
evie ewan farhan farrukh fatma fergus ferran ffion flor floriane fran francisca francois frankie freddie freddy
frederic gabe gabi gaby garrett gaurav gaz genevieve georgie georgina germaine gerry gert gianna gil gina gino gladys
glenda gosia graeme greg gretchen gus gwyneth hailey hal harumi hattie hayden hayley helene henrietta hilary hiro
hollie hyun iain inigo ioannis irma isa itzel izzy jackie jaclyn jacqui jada jaden jakob janelle janice janine janis
jarek jasmin javi jayda jayne jaz jeanette jed jeff jemima jen jenn jenna jenni jennie jermaine jess jesse jessie
jillian jim jiri jo joann joanne joaquin jocelyn jodi jodie joey jojo jonny jordi jordy jose josef juanita judy julie
julieta jurgen kaitlyn kaja kanye kara kareem karina karla kasia katarina katelyn katerina kath kathi kathryn kathy
katia katie katrina katy kaur kavya kay kaya kaylee keanu keira keisha kelley kellie kelsey kendra kenny keri kerri
kerry kev keziah khalid kiara kieran kiki kim kingsley kira kirstie kristen kristi kristine kristof krystal kyra lacey
laia lamar lana lara latasha latisha latoya lauri laurie lautaro lavinia leanne leilani len leni lenny leona leroy
lexi lexie lili lilian liliana lillian lilly lindsey linh linus lisbeth livia liz lizzie loes lois loretta lori lottie
lou louie louisa lucian lucinda lucio lucja luiza lukasz lupita luz lyla lynette lynne maddie maddy madeline magda
maike malte mandy manu marcia margie mariah marianne maribel mariela marilyn marissa marita marla marlon marvin
maryanne mascha matthias matty maud maura maximilian maxine mckenna meike melina melinda merve micaela michaela
michalina micheal michelle mickael mikhail mikko mimi minh mireia miriam misha mitch moe mohamed moira morgane mostafa
myra nadja naima nakia nanette nasir nat natasha nate nathaniel navya nazli neal nellie nena nerea nia niall nicki
nickolas nico nicolai nicole nicoleta nik nika nikki nikolai nikolaj nikolas nino nishant niva noa noelle noreen nour
nyah octavia oisin oksana oleg olena oliwia ollie oona orla ozan ozlem paco padraig palash pam parth patrik patti
pawel payton peggy pepe perla petros peyton phil philipp phillip polina puja rachael rachelle rafa rafal raheem ramon
rashad rayna reggie remi remy rene renee reshma reyna rhiannon rhonda richie rikke rivka robbie robby rocio roisin
romina ronaldo ronan ronnie rosalia rosalie rowena roxanne roxy rudi rudolf saad sacha sadie sahil samina sammy sandie
sanjeev saoirse sascha sasha sebastien selena selina sergei sergey severine shahid shakira shania shanice shanika
shaniqua shaun shauna shawna shayna shaz sheena shelby sheldon shelly shereen sheri sherri shira shivani sina sinead
siobhan sohail sonal sonali sonia sonya sophia soren staci stacy stan steffen steffi stelios steph stephan stephane
steve stevie sukhdeep suki sumit susie suzie suzy svenja svetlana syed sylvester tahir talia tamara tamika tania
tanvir tanya tarek tasha tatyana tayfun taylah teo terri tess thandi theodora tilda tilly tina tirza tobi tomas tomek
tommy toni tonia tonya tori torsten tracey tracie tricia trina trish tyrell tyrese tyrone umar umut uzma vadim val
valentino vasile vasily vaughn veera vero veronique vic vicki vickie vicky victoire vida viktoria viv vivian viviana
vivienne vladimir wanjiru wes wiktor willem willy wilma winnie winona wout xander xavi yael yan yasin yasmina yasmine
yassine yelena yesenia yigit yiming yohan yosef yoshi yuko yuna yuri zac zack zain zak zane zarah zeb zoey zoltan zora
abe alex alva ann arlo arnie asad barney bertha bev beverley bjorn blanche boyd bryn calum cass chaz claud clint dan
darcy debby della dodie dora dottie duane dudley dunc dwight eldon elton elva ernie errol ethel eunice fergie flossie
floyd franny freda gail gav ginny glynn goldie griff gunter hatty heide herbie hetty howie jace judd kel larry lester
lula lyle lyn madge maggie margo marsha martyn maude mindy minnie monty nanda nicky nola pete pippa queenie rach rahim
raju regan rena roddy roslyn rudy seamus sigmund stu sukie sybil timmy trudie walt wilf willa willie zadie zeke zelda
zena
adaeze adaora akua amara ayodele babajide babatunde bolanle bukola chiamaka chidera chidi chidinma chika chimamanda
chinedu chinonso chioma chukwudi damilola ebele ebuka efua ekene emeka femi folake folasade funke funmi gbenga ibrahim
idris ifeanyi ifeoma ifunanya ikechukwu ikenna kamau kehinde kelechi kemi khadija kofi kojo kwabena kwame kwasi lanre
lindiwe lerato mandla mbali mpho mwangi naledi ngozi nkechi nkem nneka nnamdi nomsa nonso ntombi nyokabi obinna
olamide olumide oluwaseun onyeka segun seun sibusiso sipho somto tayo temitope tendai thabo thandiwe themba tolu tunde
uche uchenna ugochi wambui wangari yemi yetunde yewande zanele zodwa
aarav aditi aditya akash akshay amit amita ananya anil anjali ankit ankita anushka arjun arnav arvind ashok ashwin
bhavesh chaitanya chetan deepak deepika dhruv dilip divya gopal govind gurpreet harish harpreet hemant ishaan jaspreet
jayanthi jyoti kabir kalpana kartik kavitha komal krishnan lalit lavanya mahesh manish manoj meenakshi meera mukesh
murugan nandini naveen neha nikhil nilesh nisha nitin pankaj parvati pooja prakash pranav prashant pratik preeti priya
priyanka rahul rajesh rajiv rakesh ramesh rekha ritu rohan rohit roshni rukmini sachin sameer sandeep sangeeta sanjay
santosh saurabh savita shalini shanti shilpa shreya shruti siddharth simran sneha sonam srinivas subhash sudha sujata
sunil sunita suresh swati thenmozhi uday vaishnavi varun venkat vidya vijay vikas vikram vinay vineet vishal vivek
yash baraka yaw ploy fer abla
abdullah adnan ahlam aisha alia amal amina amira arash areej asma ayesha azadeh basma bilal burak cem dalia elif emre
esra fadi farah farid faris fatemeh fatih ghada habiba hadi hadiya hamad hamza hana hanan hassan heba hiba hussein
ibtisam imran jamila jawad khaled laila layla leila leyla lubna mahmoud malak mariam maryam mehdi mehmet mohsen murat
mustafa nabil nadia nadine nasrin nawal niloufar noura omar omid osama parisa qasim rania rasha reem reza safiya sahar
saleh salma samer samir selim serkan shaima shirin soraya sumaya tariq wael walid yasser yousef yusuf zaid zainab
zeynep zohra
alejandra alejandro amparo anahi araceli arturo beatriz belen camila carlota cayetana chayo cristobal cuauhtemoc
dalila edgardo efrain eloisa emiliano ernesto estela esteban eulalia evaristo ezequiel fernanda fermin florencia
gerardo gilberto gonzalo graciela guillermo gustavo hernan horacio humberto ignacio ileana isidro itziar jacinta
jacinto javier jimena joselyn leandro leonor leticia lisandro lorena lourdes luciana lupe macarena magali maricela
marisela marisol maritza mateo matilde mauricio maximo melisa milagros moises nayeli nelida norberto octavio ofelia
osvaldo oswaldo pascual patricio paulina ramiro raquel raul reynaldo rigoberto rodolfo rodrigo rogelio rosaura ruben
sergio silvina tadeo teodoro ulises valeria vicente wilfredo ximena yadira yolanda zulema
agnieszka aleksandra anastasiya andrzej arkady bartosz beata bogdan bohdan borislav bozena dagmara danuta darya dorota
dragan elzbieta fyodor galina gleb goran grzegorz halina igor ilya irina ivana jacek jadwiga jaroslav jerzy jolanta
jovana kamila karel katarzyna katya kirill krystyna krzysztof larissa lenka leonid lidia ludmila lyudmila maciej
malgorzata marek matej mateusz milena miroslav nadezhda natalya pavel petr piotr przemek radek radoslav ruslan rustam
serhiy slavko snezana stanislav tadeusz tatiana tereza timur tomasz vanya viktor vitaly vladislav vojtech wojciech
yaroslav yevgeny yuliya zbigniew zdenek zlatan zofia zoran zuzana
"""
"""Short forms and given names that no list of replacements holds; written down from general knowledge."""
_IN_OTHER_SCRIPTS = """
נועה אבישג שירן מיה תמר איילה הודיה מוריה רוני ליה עמליה מאור אורן יוסי משה שמוליק מוטי אריק אורנה רונית שרון אלכס איגור סבטלנה יניב עידן רותם
รมิดา นิดา สมชาย สมหญิง สมศักดิ์ สมศรี ประยุทธ์ วิชัย สุชาติ สุดา มาลี อรทัย กานดา พิมพ์ แพรว ณัฐ ณัฐพล ธนา กิตติ ปรีชา วีระ ชัย อนันต์ มานี ปิติ แนน เบล เมย์ อาร์ม หนูนา
خالد ريما لين تالا شهد نايف سلمان مشعل بندر ليان جنى حلا يزن أيهم قيس زين آدم إلياس مريم نادر شيرين سوزان جورج إيلي ميشال طوني رنا دينا بسنت شروق علي عمر رضا مهدی فاطمه زهرا نرگس سارا نیما کاوه آرش پریسا شیرین مریم محمد حسین
оксана тарас остап богдан мар'яна соломія ярина назар любомир зоряна леся олеся роксолана ганна дарина злата матвій тимофій кирил ігор юрій андрій василь іван петро микола сергій олег наталя тетяна
ибрагим рустам тимур аслан заур магомед шамиль мурад ахмед алия айгуль динара гульнара нурлан ерлан айбек азамат бакыт жанна сауле ильдар марат ринат альбина лейла эльмира зарина мадина фатима патимат
сергей андрей алексей дмитрий саша маша даша катя настя лена оля таня наташа света ира юля аня вася петя коля миша паша женя вова костя лёша серёжа ваня гриша дима антон артём егор никита
иво петя цветан красимир стоян калин десислава гергана ивайло милица јована никола стефан вук милош драган зоран горан јелена ана марко
ελένη γιώργος κώστας γιάννης μαρία κατερίνα νίκος δημήτρης ιωάννα βασίλης χρήστος παναγιώτης αντώνης θανάσης αγγελική δέσποινα χρύσα στέλιος μανώλης 
रिया आर्या सान्वी अनन्या कबीर विहान आरव ईशान सोनू मोनू पिंकी गुड्डू राजू मुन्नी बबलू पप्पू सलमान आमिर इमरान फरहान शबाना रुखसाना नसीम अब्दुल फातिमा जोसेफ मारिया
রহিম করিম ফাতেমা আয়েশা সুমন রিনা তানভীর শফিক নুসরাত সাদিয়া முருகன் கார்த்திக் பிரியா லட்சுமி செல்வி குமார் లక్ష్మి రవి శ్రీను సునీత ਗੁਰਪ੍ਰੀਤ ਹਰਪ੍ਰੀਤ ਮਨਪ੍ਰੀਤ
გიორგი ნინო დავით მარიამ ლევან თამარ ანა ნიკა სანდრო ეკა Արմեն Անահիտ Գոռ Նարե Տիգրան Մարիամ Դավիթ Անի
민서 지우 서아 이안 유준 은우 도하 하린 소율 아린 지안 태오 상민 은희 미숙 춘자 영자 순희 재석 종민
美咲 陽菜 結衣 葵 凛 蓮 大翔 悠真 陽翔 翔太 健太 拓也 直樹 恵子 由美子 真由美 智子 裕子 太郎 花子 一郎 次郎 千尋
小雨 小明 小红 小华 小丽 小芳 小龙 小军 小燕 小玲 小雪 豆豆 乐乐 欢欢 丽丽 芳芳 婷婷 佳佳 萌萌 阳阳 诗诗 童童 朵朵 妞妞 浩浩 睿睿 轩轩 子墨 一诺 梓涵 欣妍 沐宸 浩宇 雨桐 俊熙 秀兰 桂芳 建军
"""
"""The same in other scripts."""
_SHORT = """ai an bai bi bo cai cao chan chang che chen cheng cho choi chu cui dai deng ding dong du duan fan fang feng fu gao geng gong gu guo han hao he hou hu hua
huang hui ji jia jiang jin kang kim kong lai lam lau le lee lei leng li lian liang liao lim lin liu long lu luo lv ma mao mei
meng mo mu ng ngo nie ning niu oh pan pang pei peng pham pu qi qian qiao qin qiu qu ren ruan shao shen shi shu si song su
sui sun tan tang tao tian tong tran tu wan wang wei wen wu xi xia xiang xiao xie xin xing xiong xu xue yan yang yao ye yi yin ying yu
yuan yue yun zeng zhai zhan zhang zhao zheng zhong zhou zhu zhuang zhuo zou zuo"""


def is_label(word: str) -> bool:
    """Whether `word` is the label of a field, or a short form that no name is."""
    return word.casefold().strip("'’.,-:#") in _LABELS


def is_brand(word: str) -> bool:
    """Whether `word` is a maker, a program, a game or a feast."""
    return word.casefold().strip("'’.,-:#") in _BRANDS


@functools.cache
def _lists() -> tuple[dict[str, frozenset[str]], ...]:
    return tuple(
        {part: frozenset(value.casefold().split()) for part, value in content.items() if isinstance(value, str)}
        for file in sorted((PRESETS / "redaction" / "names").glob("*.yaml"))
        if isinstance(content := load_yaml(file.read_text(encoding="utf-8")), dict)
    )
