//! Small words that hold sentences together: few of them tell a language, and no two languages share many.

use std::collections::HashMap;
use std::sync::LazyLock;

use whatlang::Lang;

/// Each language whose script others use too, with some of its commonest words and those of letters to a help desk.
pub(super) const WORDS: &[(Lang, &str)] = &[
    (
        Lang::Eng,
        "the and is are was were you your we our i my it its this that these to of in on for with from at by as not do does did can could would will have has had be been how what where when who why which if or but there they he she any all no please me us am an a get so about into than then just more only also their let up out",
    ),
    (
        Lang::Deu,
        "der die das den dem des und ist sind war ich wir sie ihr ihre ihren mein meine meinen unsere unseren es ein eine einen einem einer nicht kein keine zu von mit für auf an im in am bei nach seit aus wie was wo wer wenn dass ob kann können möchte bitte haben hat habe wird werden sich auch noch nur mich mir uns guten über zum zur gibt dann oder",
    ),
    (
        Lang::Fra,
        "le la les un une des du de et est sont je nous vous il elle mon ma mes notre nos votre vos ne pas plus que qui quoi où comment pour avec dans sur par au aux ce cette ces ai a avez avons été puis peut pouvez pourriez voudrais bonjour merci sans mais si chez quand être fait très bien suis cela y en ça d l j c n s qu",
    ),
    (
        Lang::Spa,
        "el la los las un una unos y es son está estoy yo nosotros mi mis nuestro nuestra nuestros su sus no que quién qué dónde cómo cuándo cuántos para con en de del al por a se me nos lo le hay puedo podemos pueden quiero gracias hola buenos desde pero más muy este esta cuando sin ha he esto tiene hace ya nadie favor sobre después",
    ),
    (
        Lang::Por,
        "o a os as um uma uns e é são está estou eu nós meu minha meus minhas nosso nossa nossos nossas seu seus sua não que quem onde como quando quantos para com em no na nos nas do da dos das de por ao se me foi tem têm posso podemos podem quero obrigado bom dia desde mas mais muito este esta sem depois você vocês ninguém pela pelo isso já até",
    ),
    (
        Lang::Ita,
        "il lo la i gli le un uno una e è sono io noi mio mia mie miei nostro nostri nostra vostre vostra vostro non che chi cosa dove come quando quanti per con in di del della dei delle dal al alla ai nel nella si mi ci ho ha abbiamo posso possiamo potete vorrei voglio grazie buongiorno da ma più molto questo questa senza dopo nessuno sul suo sua anche",
    ),
    (
        Lang::Nld,
        "de het een en is zijn was ik wij we u jullie mijn onze ons uw niet geen dat die dit wat waar wie hoe hoeveel wanneer voor met van in op aan bij naar uit te om er als kan kunnen kunt wil zou heb heeft hebben wordt worden ook nog maar dan graag bedankt alle al sinds na nadat vind zit zitten",
    ),
    (
        Lang::Pol,
        "i w z na do nie się jest są to że jak gdzie kto co czy ile kiedy mnie mi mój moje moja moją nasz nasi naszymi wasze od po za przez dla o ja my proszę dziękuję dzień dobry chcę chciałbym mogę można możemy już jeszcze tylko ale bardzo teraz po tego tym nas was być będzie które",
    ),
    (
        Lang::Rus,
        "и в на не что как где кто я мы вы он она они мой моя мои моё наш наши ваш ваши ваша с со к от до для по за из у о об это этот эта есть быть был была было будет можно могу можем хочу пожалуйста спасибо здравствуйте добрый день меня мне нас нам вам уже ещё только но очень когда если чтобы сколько никто после теперь так ли бы то или при деньги верните",
    ),
    (
        Lang::Ukr,
        "і й в у на не що як де хто я ми ви він вона вони мій моя мої наш наші ваш ваші з зі до від для по за із про це цей ця є бути був була було буде можна можу можемо хочу будь ласка дякую добрий добрий день мене мені нас нам вам вже ще тільки але дуже коли якщо щоб скільки ніхто після тепер так чи б та або доброго при",
    ),
    (
        Lang::Tur,
        "ve bir bu için ile ne nasıl nerede kim kaç mi mı mu mü var yok ben biz siz benim bizim sizin çok daha sonra önce ama değil olarak gibi kadar en her lütfen teşekkürler merhaba istiyorum edebilir misiniz miyim beri iki hiç hemen hakkında içinde bize bana olan şimdi ederim gün günler ya da",
    ),
    (
        Lang::Ara,
        "في من على إلى عن مع هل ما ماذا كيف أين متى من لا لم لن أن إن هذا هذه ذلك التي الذي كل أنا نحن هو هي أنتم لي لنا لكم بعد قبل عند عندما منذ يمكن يمكنني يمكنكم أريد شكرا مرحبا فضلكم جميع أو ثم قد كان الخاصة الخاص بي أي أود حتى بشأن كم",
    ),
    (
        Lang::Pes,
        "و در به از که این آن را با برای است بود هست نیست من ما شما او آنها می نمی چه چگونه کجا چرا آیا یک هم تا بر یا اما اگر بعد لطفا لطفاً سلام ممنون کنم کنید کنیم شده شود دارم داریم دارد کرد کردم خود های ها",
    ),
    (
        Lang::Urd,
        "میں ہے ہیں کا کی کے کو سے نے پر یہ وہ اور کیا کہ نہیں ہم آپ میرا میرے میری ہمارے ایک تھا تھی کر کرنا بھی لیے براہ کرم شکریہ کیسے کہاں",
    ),
    (
        Lang::Heb,
        "של את על לא אני אנחנו אתם הוא היא זה זאת כל עם מה מי איך איפה למה מתי כמה יש אין אם או גם כי אבל רק עוד כבר אפשר רוצה תודה שלום בבקשה שלי שלנו שלכם לי לנו לכם עכשיו אחרי לפני עבור בסוף בין עד",
    ),
    (
        Lang::Hin,
        "है हैं का की के को से में पर और यह वह मैं हम आप मेरा मेरी मेरे हमारे अपनी अपना क्या कैसे कहाँ कौन नहीं कर करें करना सकता सकते रहा रहे हूँ हूं था लिए कृपया धन्यवाद नमस्ते एक भी तो ही बार गया मुझे ने",
    ),
    (
        Lang::Mar,
        "आहे आहेत मी आम्ही तुम्ही आणि हे ही हा मला आम्हाला माझे माझा माझी कसे काय कुठे नाही करा करू शकतो साठी पण तर एक च्या ची चा कृपया धन्यवाद नमस्कार",
    ),
    (
        Lang::Nep,
        "छ छन् हो म हामी तपाईं र को का की लाई मा बाट यो त्यो मेरो हाम्रो के कसरी कहाँ छैन गर्न गर्नुहोस् भने पनि तर एक कृपया धन्यवाद नमस्ते हुन्छ गरेको",
    ),
    (
        Lang::Swe,
        "och är var jag vi ni du mitt min mina vårt våra vår era ert en ett den det de att på i med för av till från om inte kan hur vem vad när som har hade skulle vill ska tack hej få fick sedan efter eller men går där finns någon ingen nu ta min så alla kunnat logga",
    ),
    (
        Lang::Dan,
        "og er var jeg vi i du min mit mine vores jeres en et den det de at på med for af til fra om ikke kan hvordan hvem hvad hvor når som har havde vil gerne skal tak hej få fik siden efter eller men der nogen ingen nu venligst alle også blev kunnet noget mig os hvorfor",
    ),
    (
        Lang::Nob,
        "og er var jeg vi dere du min mitt mine våre vår deres en et den det de å på i med for av til fra om ikke kan hvordan hvem hva hvor når som har hadde vil ønsker skal takk hei få fikk siden etter eller men noen ingen nå vennligst alle også ble at opp logge sjekke meg oss hvorfor",
    ),
    (
        Lang::Fin,
        "ja on ei en ole emme olen minä me te hän se tämä tämän että kun jos mutta tai myös vain nyt miten mikä mitä missä kuka kuinka voin voitte voisitte voiko haluan haluaisin kiitos hei minun meidän teidän kaikki ovat oli jälkeen kanssa ennen koskaan kaksi sitten jo vielä asian sisään saanut sain",
    ),
    (
        Lang::Ces,
        "a v na se je jsou to že jak kde kdo co kdy kolik nebo ale jen už ještě ne není můj moje mé naše našimi vaše od do za z k po pro s u o já my vy mi mě nám prosím děkuji dobrý den chci mohu můžete můžeme jsem jsme byl bylo bude až při které který velmi teď",
    ),
    (
        Lang::Slk,
        "a v na sa je sú to že ako kde kto čo kedy koľko alebo ale len už ešte nie môj moje naše vaše od do za z k po pre s u o ja my vy mi mňa nám prosím ďakujem dobrý deň chcem môžem môžete môžeme som sme bol bolo bude keď pri ktoré ktorý veľmi teraz",
    ),
    (
        Lang::Hun,
        "a az és nem is egy hogy van vagy ha de már még csak én mi ön önök ez azt ezt meg el ki mit hol hogyan miért mikor mennyi kérem köszönöm szeretném szeretnék kell lehet volt lesz után óta végén minden két jó napot nincs senki sem soha amikor tudom tudunk vissza",
    ),
    (
        Lang::Ron,
        "și în la de cu pe nu este sunt eu noi voi el un o ce cum unde cine când cât să mai am ați avem au pentru din prin care că dar sau dacă doar foarte acum vă rog mulțumesc bună ziua vreau pot putem puteți meu mea mele noastre dumneavoastră toate după până ne mi niciodată",
    ),
    (
        Lang::Bul,
        "и в на не че как къде кой какво аз ние вие той тя те моя моят ми наш нашите ваш ви с със от до за по из към това този тази е са съм сме беше бъде може мога можем искам моля благодаря здравейте добър ден ме мен нас вече още само но много кога ако да се си или след тук колко",
    ),
    (
        Lang::Srp,
        "и у на не да је су сам смо како где ко шта када ја ми ви он она они мој моја моје наш наши ваш с са од до за по из о то овај ова ово може могу можемо желим молим хвала здраво добар дан ме мене нас већ још само али врло ако се или после колико нисам није",
    ),
    (
        Lang::Mkd,
        "и во на не дека како каде кој што јас ние вие тој таа тие мој моја мои наш нашите ваш ви со од до за по ова овој оваа е се сум сме беше биде може можам можеме сакам ве молам благодарам здраво добар ден ме мене нас веќе уште само но многу кога ако да или по колку не",
    ),
    (
        Lang::Bel,
        "і у ў на не што як дзе хто я мы вы ён яна яны мой мая мае наш нашы ваш з са да ад для па за пра гэта гэты ёсць быць быў была будзе можна магу можам хачу калі ласка дзякуй добры дзень мяне мне нас нам вам ужо яшчэ толькі але вельмі каб колькі ніхто пасля цяпер ці або",
    ),
    (
        Lang::Hrv,
        "i u na ne da je su sam smo kako gdje tko što kada ja mi vi on ona oni moj moja moje naš naši vaš s sa od do za po iz o to ovaj ova ovo može mogu možemo želim molim hvala pozdrav dobar dan me mene nas već još samo ali vrlo ako se ili nakon koliko nisam nije bi",
    ),
    (
        Lang::Slv,
        "in v na ne da je so sem smo kako kje kdo kaj kdaj jaz mi vi on ona oni moj moja moje naš naši vaš s z od do za po iz o to ta lahko morem moremo želim prosim hvala živjo dober dan me mene nas že še samo ampak zelo če se ali po koliko nisem ni bi pri ki",
    ),
    (
        Lang::Lit,
        "ir į ne kad kaip kur kas ką kada aš mes jūs jis ji jie mano mūsų jūsų su iš iki už po prie apie tai šis ši yra buvo bus gali galiu galime noriu prašau ačiū labas sveiki diena mane man mus mums jau dar tik bet labai jei ar arba nuo negaliu",
    ),
    (
        Lang::Lav,
        "un uz ne ka kā kur kas ko kad es mēs jūs viņš viņa mans mana mūsu jūsu ar no līdz par pēc pie tas šis šī ir bija būs var varu varam vēlos lūdzu paldies labdien sveiki mani man mūs mums jau vēl tikai bet ļoti ja vai kopš nevaru",
    ),
    (
        Lang::Est,
        "ja on ei et kui kuidas kus kes mida millal mina ma meie me teie te tema ta minu meie oma selle see need oli saab saan saame tahan soovin palun aitäh tänan tere päevast mind mulle meid juba veel ainult aga väga või ning pärast alates mitte olen oleme",
    ),
    (
        Lang::Cat,
        "el la els les un una i és són estic jo nosaltres meu meva meus nostre nostra no que qui què on com quan quants per amb en de del dels al als se em ens ho hi ha he hem puc podem poden vull gràcies hola bon dia des però més molt aquest aquesta sense després aquests podeu voldria",
    ),
    (
        Lang::Ind,
        "yang dan di ke dari untuk dengan ini itu tidak bisa saya kami kita anda akan sudah telah ada adalah pada juga atau jika karena bagaimana apa apakah mana siapa kapan mohon tolong terima kasih selamat pagi ingin belum sejak setelah semua tetapi atas lagi lalu tadi masuk",
    ),
    (
        Lang::Tgl,
        "ang ng sa mga na ay ko po ako kami tayo ikaw kayo siya sila ito iyan iyon hindi paano saan sino ano kailan bakit at o pero kung para may wala mayroon lang din rin ba namin aking salamat pwede puwede gusto kahit dahil",
    ),
    (
        Lang::Vie,
        "và là của tôi chúng bạn không có được cho với từ đến trong ngoài này đó các những một hai thế nào làm để ở đâu ai gì khi vào ra đã đang sẽ rồi cũng chỉ nhưng vì vui lòng cảm ơn xin chào bao giờ muốn thể nhận trả lời tất cả",
    ),
    (
        Lang::Afr,
        "die en is het ek ons jy julle u my jou nie geen dat wat waar wie hoe wanneer vir met van in op aan by na uit te om as kan wil sou het word ook nog maar dan graag dankie asseblief alle al sedert sal moet",
    ),
];

/// Cyrillic letters that not every language has, and those that do: close relatives share most of their small words.
const LETTERS: &[(&str, &[Lang])] = &[
    ("ыэ", &[Lang::Rus, Lang::Bel]),
    ("ъ", &[Lang::Rus, Lang::Bul]),
    ("і", &[Lang::Ukr, Lang::Bel]),
    ("їєґ", &[Lang::Ukr]),
    ("ў", &[Lang::Bel]),
    (
        "и",
        &[Lang::Rus, Lang::Ukr, Lang::Bul, Lang::Srp, Lang::Mkd],
    ),
    ("щ", &[Lang::Rus, Lang::Ukr, Lang::Bul]),
    ("йюя", &[Lang::Rus, Lang::Ukr, Lang::Bul, Lang::Bel]),
    ("јљњџ", &[Lang::Srp, Lang::Mkd]),
    ("ћђ", &[Lang::Srp]),
    ("ѓќѕ", &[Lang::Mkd]),
];

/// How telling each word is for each language that has it: a word of one language counts fully, one that languages share is
/// divided among them.
static TELLING: LazyLock<HashMap<&'static str, Vec<Lang>>> = LazyLock::new(|| {
    let mut telling: HashMap<&'static str, Vec<Lang>> = HashMap::new();
    for (lang, words) in WORDS {
        for word in words.split(' ') {
            let languages = telling.entry(word).or_default();
            if !languages.contains(lang) {
                languages.push(*lang);
            }
        }
    }
    telling
});

/// What the small words of a text say.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The best first.
    scores: Vec<Score>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Score {
    pub lang: Lang,
    /// Words found, those of several languages in part.
    pub points: f64,
    /// Words found.
    pub words: u32,
}

impl Tally {
    /// Counts in a lower-case text.
    pub(super) fn of(text: &str) -> Self {
        let having: Vec<&[Lang]> = LETTERS
            .iter()
            .filter(|(letters, _)| text.contains(|c| letters.contains(c)))
            .map(|(_, languages)| *languages)
            .collect();
        let may_be = |lang: &Lang| having.iter().all(|languages| languages.contains(lang));
        let words = text.split([' ', '\'', '’', '-']);
        let mut scores: Vec<Score> = Vec::new();
        for languages in words.filter_map(|word| TELLING.get(word)) {
            let among = languages.iter().filter(|lang| may_be(lang)).count();
            let among = u32::try_from(among).unwrap_or(u32::MAX);
            let points = 1.0 / f64::from(among.max(1));
            for lang in languages.iter().filter(|lang| may_be(lang)) {
                let known = scores.iter_mut().find(|score| score.lang == *lang);
                if let Some(score) = known {
                    score.points += points;
                    score.words += 1;
                } else {
                    scores.push(Score {
                        lang: *lang,
                        points,
                        words: 1,
                    });
                }
            }
        }
        scores.sort_by(|one, other| other.points.total_cmp(&one.points));
        Self { scores }
    }

    pub(super) fn first(&self) -> Option<Score> {
        self.scores.first().copied()
    }

    /// The points of the language that comes second.
    pub(super) fn second(&self) -> f64 {
        self.scores.get(1).map_or(0.0, |score| score.points)
    }
}
