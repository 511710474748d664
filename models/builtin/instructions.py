"""The instructions that training puts before texts, so that another wording does not throw the vectors off.

TASKS stand before texts of any kind and mean nothing: there are many, about all that people ask of an embedding model
and in a few languages, so that the model learns what instructions are made of. WORDINGS say which of several right
texts is looked for; they stand before the questions of lessons.py.
"""

from typing import Literal

Task = Literal["answer", "same-question", "translation", "topic", "code"]

TASK = "Given a query, retrieve the text that matches it"
QUERY = "Query:"
TEMPLATE = "Instruct: {task}\n" + QUERY
TASKS = (
    TASK,
    "Given a web search query, retrieve relevant passages that answer the query",
    "Given a question, find the passage that answers it",
    "Retrieve semantically similar text",
    "Find sentences with the same meaning in another language",
    "Given a description, find the code that does it",
    "Given a claim, retrieve documents that support or refute it",
    "Identify the topic of the text",
    "Classify the sentiment of this review as positive or negative",
    "Match the customer's question with the right help article",
    "Find news articles about the same event",
    "Represent this sentence for searching relevant documents",
    "给定一个问题,检索能够回答它的段落",
    "找出与这句话意思相同的句子",
    "Given a sentence, which of the following has the most similar meaning?",
    "Find the paraphrase of this sentence",
    "Which text says the same thing in other words?",
    "Translate: find the translation of this text",
    "Retrieve the translation of the given sentence",
    "Given a title, retrieve the body of the article",
    "Given a headline, find the article that it belongs to",
    "Given a Wikipedia question, retrieve passages from Wikipedia that answer the question",
    "Given a financial question, retrieve replies that best answer the question",
    "Given a medical query, retrieve documents that best answer the user's question",
    "Given a legal question, find the relevant statute or case",
    "Given a programming question, retrieve the snippet of source code that solves the problem",
    "Given a natural language query, retrieve the SQL statement that implements it",
    "Find the function whose documentation matches this comment",
    "Given an error message, find the issue that explains how to fix it",
    "Identify the intent of the user's request",
    "Classify the emotion expressed in the given message",
    "Assign the document to one of these categories",
    "Cluster these texts by subject or theme",
    "Identify the main category of the paper from its title and abstract",
    "Retrieve duplicate questions from the forum",
    "Find questions that have the same answer as this one",
    "Given a product description, recommend similar products to the customer",
    "Retrieve the best reply to this conversation",
    "Find the sentence that contradicts this statement",
    "Find the statement that follows from this one",
    "Search for texts that a reader would find useful about this",
    "Please compare the following sentence with each candidate and choose the closest",
    "Encode the text so that texts about the same thing are near to each other",
    "Look up the entry in the manual that tells how to do this",
    "Retrieve a poem, quotation or proverb that expresses the same idea",
    "Given a summary, retrieve the full document",
    "为这个句子生成表示以用于检索相关文章",
    "根据描述找到对应的代码",
    "判断下面的文本属于哪个类别",
    "質問に答える文章を検索してください",
    "同じ意味の文を見つけてください",
    "Finde den Text, der die Frage beantwortet",
    "Trouve le texte qui répond à la question",
    "Encuentra el texto que responde a la pregunta",
)

WORDINGS: dict[Task, tuple[str, ...]] = {
    "answer": (
        "Given a web search query, retrieve relevant passages that answer the query",
        "Given a question, find the passage that answers it",
        "Find the passage that answers the question",
        "Answer the question",
        "Match the customer's question with the right help article",
        "给定一个问题,检索能够回答它的段落",
        "Retrieve the passage that answers this",
        "找出能回答这个问题的段落",
        "Which text helps with this?",
    ),
    "same-question": (
        "Find the same question in other words",
        "Retrieve duplicate questions",
        "Find a question that asks the same",
        "Retrieve duplicate questions from the forum",
        "Find questions that have the same answer as this one",
        "Find another wording of this question",
        "找出意思相同的另一种问法",
        "Retrieve questions with the same meaning",
    ),
    "translation": (
        "Find the translation of this text",
        "Find sentences with the same meaning in another language",
        "Translate: find the translation of this text",
        "Retrieve the translation of the given sentence",
        "Retrieve the same text in another language",
        "找出这段文字的译文",
        "Find the translation",
    ),
    "topic": (
        "Find a text on the same topic",
        "Retrieve texts about the same subject",
        "Find something else about this topic",
        "找出同一主题的文本",
        "Find related texts on the same subject",
        "Retrieve a passage on the same topic",
    ),
    "code": (
        "Find the code that does this",
        "Given a description, find the code that does it",
        "Given a programming question, retrieve the snippet of source code that solves the problem",
        "Retrieve the code that solves this",
        "Find the code snippet",
        "找出实现这个功能的代码",
        "根据描述找到对应的代码",
    ),
}
