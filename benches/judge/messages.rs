//! Messages of about 300 characters.

use featurebase_bouncer::rules::examples::Example;

pub struct Kind {
    pub name: &'static str,
    texts: &'static [&'static str],
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "ASCII",
        texts: &[
            "Hello team, since the update of last week the export of our feedback board stops after about two hundred posts. I tried Firefox and Chrome, logged out and in again, and asked a colleague: it is the same for her. The console says \"Error 504\". Can you have a look before our meeting on Friday? Thanks a lot, Anna",
            "Hi, I came across your website and I really like what you do. We help companies such as yours to get more traffic with quality articles on sites with a high authority. May I send you our price list and some samples? You can also see our work at https://rank-better.example/samples. Best regards, Mark Miller, outreach",
        ],
    },
    Kind {
        name: "Russian",
        texts: &[
            "Здравствуйте! После обновления на прошлой неделе выгрузка нашей доски отзывов останавливается примерно на двухсотом сообщении. Я пробовала в двух браузерах, выходила и входила снова, коллега видит то же самое. В консоли написано «Ошибка 504». Посмотрите, пожалуйста, до встречи в пятницу. Спасибо, Анна",
            "Добрый день! Предлагаем продвижение вашего сайта в поисковых системах: статьи на тематических площадках, рост посещаемости за месяц, оплата по результату. Скидка для новых клиентов до конца недели. Примеры работ и цены по ссылке https://prodvizhenie.example/ceny. Напишите нам, и мы пришлём расчёт. Игорь",
        ],
    },
    Kind {
        name: "Chinese",
        texts: &[
            "你好，自从上周更新之后，我们反馈板的导出功能在大约两百条帖子之后就停止了。我试过两个浏览器，也重新登录过，同事那边的情况也一样。控制台显示“错误504”。星期五我们要开会，请在那之前帮忙看一下好吗？另外，我想知道导出的文件里为什么没有评论的时间，以及能不能只导出某一个标签下面的帖子。如果需要账号信息，请告诉我应该发到哪里。非常感谢你们一直以来的支持，祝工作顺利！我们的团队每天都在使用这个产品，希望问题可以尽快得到解决，如果有临时的办法也请告诉我们。谢谢，安娜",
            "您好，我们公司专业提供网站优化和推广服务，可以帮助您的网站在一个月之内提升排名，增加访问量。新客户现在有优惠，按照效果付费，不满意可以退款。案例和价格请看 https://tuiguang.example/jiage 。如果您有兴趣，请回复这封信，或者添加我们的客服微信，我们会为您制作一份免费的分析报告。我们已经服务过很多家企业，得到了客户的一致好评，期待与您合作，共同发展，实现双赢的目标。",
        ],
    },
    Kind {
        name: "disguised",
        texts: &[
            "Ηеllо frіеnd, саn уоu сhесk thіs оut? Frее m0ney and fr33 b1tcoin for a l i m i t e d time: сlаіm уоur 𝐩𝐫𝐢𝐳𝐞 now at ｈｔｔｐ and j.o.i.n the best c@sin0 of the year. Т𝗵𝗲 𝗯𝗼𝗻𝘂𝘀 is waiting, do n\u{200b}ot m\u{200b}iss it, b\u{ad}uy to\u{ad}day, рауоut within 24 hours, guaranteed. Write me a message or visit hxxps://prize[.]example/win now",
            "Ｄｅａｒ ｃｕｓｔｏｍｅｒ, уоur ассоunt hаs bееn suspеndеd. 𝑷𝒍𝒆𝒂𝒔𝒆 𝒗𝒆𝒓𝒊𝒇𝒚 your w a l l e t and your s\u{200d}eed phr\u{200d}ase wіthіn 24 hоurs. Ⓒⓛⓘⓒⓚ the link below or you will l0se acce55 to all of your 🅲🆁🆈🅿🆃🅾 assets. e\u{301}\u{302}\u{303}v\u{301}\u{302}\u{303}ery th\u{301}\u{302}\u{303}ing is safe with us, thank you. hxxp://wallet-check(dot)example",
        ],
    },
];

/// Each text in a few forms, as plain text and as HTML.
pub fn of(kind: &Kind) -> Vec<Example> {
    let texts = kind.texts.iter().flat_map(|text| {
        let plain = Example::of_text(text);
        let mut html = Example::of_text(text);
        html.message.html = Some(format!("<p>{}</p>", text.replace(". ", ".</p><p>")));
        [plain, html]
    });
    let texts: Vec<Example> = texts.collect();
    texts.iter().cycle().take(64).cloned().collect()
}

/// Pieces that are repeated to make long messages.
pub const HOSTILE: &[(&str, &str)] = &[
    (
        "ordinary words",
        "How do I export the posts of our board to a file? ",
    ),
    ("one letter", "a"),
    (
        "combining marks",
        "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}",
    ),
    ("letters set apart", "f r e e . "),
    ("links", "https://a.example/x "),
    ("banned words", "guest post backlinks casino "),
    ("look-alikes", "раураl "),
    ("brackets", "[](<"),
    ("digits", "1234567890 "),
];
