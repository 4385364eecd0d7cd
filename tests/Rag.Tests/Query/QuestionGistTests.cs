using Rag.Query;
using Xunit;

namespace Rag.Tests.Query;

public class QuestionGistTests
{
    [Theory]
    [InlineData("What is the capital of France?", "what's the capital of france")]
    [InlineData("What are the opening hours?", "What are opening hours")]
    [InlineData("Which policies cover water damage?", "Which policy covers water damages?")]
    [InlineData("Please, does the plan cover dental?", "Does the plan cover dental")]
    [InlineData("How do boxes ship?", "How does the box ship?")]
    public void Two_questions_with_one_answer_have_one_gist(string one, string other) => Assert.Equal(QuestionGist.Of(one), QuestionGist.Of(other));

    [Theory]
    [InlineData("Is coverage with a deductible cheaper?", "Is coverage without a deductible cheaper?")]
    [InlineData("What was revenue in 2019?", "What was revenue in 2020?")]
    [InlineData("Can I cancel?", "Can I not cancel?")]
    [InlineData("Do I have to pay?", "Don't I have to pay?")]
    [InlineData("Does Alice manage Bob?", "Does Bob manage Alice?")]
    [InlineData("Flights from Paris to London", "Flights to Paris from London")]
    [InlineData("What to take before meals?", "What to take after meals?")]
    [InlineData("Who founded Acme?", "When founded Acme?")]
    [InlineData("Who is the director?", "Who was the director?")]
    [InlineData("Can I work from home?", "Must I work from home?")]
    [InlineData("Is my salary taxed?", "Is your salary taxed?")]
    [InlineData("Is everyone insured?", "Is no one insured?")]
    [InlineData("A dose of 1,000 mg", "A dose of 1.000 mg")]
    [InlineData("What happens at -5 degrees?", "What happens at 5 degrees?")]
    [InlineData("Is 5% enough?", "Is 5 enough?")]
    [InlineData("Is C# supported?", "Is C++ supported?")]
    [InlineData("What is general relativity?", "What is generic relativity?")]
    [InlineData("What is the relative price?", "What is the relativity price?")]
    [InlineData("Who pays the employer?", "Who pays the employee?")]
    [InlineData("Does it run over 10 hours?", "Does it run under 10 hours?")]
    [InlineData("Anna's manager", "Anna manager")]
    public void Two_questions_with_two_answers_have_two(string one, string other) => Assert.NotEqual(QuestionGist.Of(one), QuestionGist.Of(other));

    [Theory]
    [InlineData("")]
    [InlineData("???")]
    [InlineData("Is the a?")]
    public void What_says_nothing_has_none(string question) => Assert.Equal("", QuestionGist.Of(question));
}
