using System.Numerics.Tensors;
using Rag.Vectors.Graphs;
using Xunit;

namespace Rag.Tests.Vectors;

public unsafe class CodesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(48)]
    [InlineData(64)]
    [InlineData(384)]
    [InlineData(1000)]
    public void All_ways_to_multiply_give_the_sum_that_a_plain_loop_gives_and_a_cosine_within_a_hundredth(int dimensions)
    {
        var random = new Random(dimensions);
        var padded = Codes.PaddedLength(dimensions);
        var a = (byte*)Codes.Allocate(Codes.RowBytes(dimensions));
        var b = (byte*)Codes.Allocate(Codes.RowBytes(dimensions));
        var signed = (sbyte*)Codes.Allocate(padded);
        for (var round = 0; round < 50; round++)
        {
            var x = Make.Vector(random, dimensions);
            var y = Make.Vector(random, dimensions);
            Codes.Encode(x, a);
            Codes.Encode(y, b);
            Codes.ToSigned(b, signed, padded);
            var sum = 0;
            for (var i = 0; i < dimensions; i++)
                sum += (a[i] - 128) * (b[i] - 128);

            Assert.Equal(sum, Codes.Dot(a, b, padded));
            Assert.Equal(sum, Codes.Dot(a, signed, Codes.Sum(b, padded), padded));
            Assert.Equal(sum, Codes.DotPortable(a, b, padded));
            Assert.Equal(sum, Codes.DotPortable(a, signed, padded));
            Assert.Equal(TensorPrimitives.Dot<float>(x, y), sum * Codes.Scale(a, padded) * Codes.Scale(b, padded), 0.01f);
        }
    }

    [Fact]
    public void Keys_sort_nearest_first_and_give_their_parts_back()
    {
        float[] similarities = [1f, 0.9f, 0.1f, 0f, -0.1f, -1f];
        var keys = similarities.Select((s, i) => Near.Key(s, i + 7)).ToArray();
        Assert.Equal(keys.Order(), keys);
        for (var i = 0; i < keys.Length; i++)
            Assert.Equal((similarities[i], i + 7), (Near.Similarity(keys[i]), Near.Slot(keys[i])));
    }

    [Fact]
    public void The_list_and_the_heap_keep_order_as_sorting_does()
    {
        var random = new Random(3);
        var keys = Enumerable.Range(0, 2000).Select(i => Near.Key(random.NextSingle(), i)).ToArray();
        var (list, heap) = (new NearestList(), new NearestHeap());
        list.Reset(300);
        foreach (var key in keys)
        {
            heap.Push(key);
            if (list.Takes(key))
                list.Add(key);
        }

        Assert.Equal(keys.Order().Take(300), list.Keys.ToArray());
        Assert.Equal(keys.Order(), keys.Select(_ => heap.Pop()).ToList());
    }
}
