"""Texts to measure speed with: never the same one twice, so that nothing between here and the model can remember it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

# Short, Chinese and English mixed, as the published comparison had them: 30 of 8 to 40 tokens.
SHORT = (
    "银行下调了存款利率。",
    "河岸边的芦苇被风吹得沙沙响。",
    "他这番话明着是夸，听着却不是滋味。",
    "请把会议改到下周三下午三点。",
    "杜鹃花开的时候，山里的杜鹃也叫了。",
    "这台服务器的内存至少要有六十四吉字节。",
    "神经网络的层数越多，训练就越难收敛。",
    "除了靠窗的座位，其他的都已经订出去了。",
    "小狗把拖鞋叼到了沙发底下，怎么哄都不肯拿出来。",
    "医生建议他每天走路不超过一万步，以免膝盖负担太重。",
    "图书馆周一闭馆，借书请改在周二到周日的上午九点以后。",
    "合同里写明，逾期三十天未付款的，供货方有权单方面解除协议。",
    "老师傅说，淬火的温度差一点，刀口就会发脆。",
    "她把弟弟送给她的围巾转送给了邻居家的孩子。",
    "昨夜的雨下得不大，可是山路已经走不通了。",
    "The bank lowered the interest rate on savings.",
    "Reeds along the river bank rustled in the wind.",
    "Please move the meeting to three o'clock next Wednesday.",
    "Undo the last commit but keep the changes in the working tree.",
    "The patient should take no more than two tablets a day, after a meal.",
    "Every seat except those by the window has been sold.",
    "Deeper networks are harder to train, which is why residual connections were introduced.",
    "The library is closed on Mondays.",
    "How long does it take to boil an egg at high altitude?",
    "Neither the driver nor the passenger remembered what colour the light had been.",
    "用 Python 读取一个很大的 CSV 文件时，怎样才能不占满内存？",
    "这个 API 返回 429，说明请求太频繁了，稍后再试。",
    "把 Docker 镜像从 1.2 GB 缩小到 200 MB 的几个办法。",
    "GPU 的显存不够时，可以减小 batch size，或者用梯度累积。",
    "git rebase 和 git merge 有什么区别？",
)


def short_texts(run: int) -> list[str]:
    """The 30 short texts, told apart from those of every other run by a number in front."""
    return [f"{run}.{index} {text}" for index, text in enumerate(SHORT)]


def texts_of(characters: int, count: int, run: int) -> list[str]:
    """``count`` texts of so many characters, each beginning with a number of its own."""
    return [_text(characters, run * count + number) for number in range(count)]


def _text(characters: int, number: int) -> str:
    """The short texts one after the other, from another one on each time, cut to length."""
    parts: Iterator[str] = islice(cycle(SHORT), number % len(SHORT), None)
    text = f"{number} "
    while len(text) < characters:
        text += next(parts)
    return text[: max(characters, len(str(number)) + 1)].rstrip()
